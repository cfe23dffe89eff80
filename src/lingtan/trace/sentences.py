"""Findings in Chinese: code -> (title, sentence). The English sentence is the finding's own message.

A sentence is filled from the finding's ``params`` and place; a part in ``[…]`` is left out where one of its
placeholders is not there. A sentence under ``code.kind`` goes before that of ``code`` where ``params`` name the kind.
"""

from __future__ import annotations

from collections.abc import Mapping

Told = tuple[str, str]

#: The folder: files, rows, cells, relations between rows, reading files.
FOLDER: Mapping[str, Told] = {
    "empty_file": ("文件为空", "文件里没有内容。请写上表头，或删去文件。"),
    "compressed_file": ("压缩文件不予展开", "这是压缩文件或 Excel 工作簿，没有展开。请解压，或另存为 UTF-8 的 CSV。"),
    "foreign_file": (
        "不是文本文件",
        "这不是文本文件。请另存为 UTF-8 的 CSV；Parquet 请放在 readings/ 下并以 .parquet 结尾。",
    ),
    "file_too_large": ("文件过大", "文件超过可读的大小。请拆成几个文件。"),
    "wrong_encoding": ("编码不是 UTF-8", "文件不是 UTF-8[，看起来是 {encoding}]。请另存为 UTF-8。"),
    "encoding_suspect": ("编码可疑", "文件虽能按 UTF-8 读出，字却像是 {encoding} 错读而来。请另存为 UTF-8。"),
    "nul_bytes": ("文件含空字节", "文件含空字节，多半在写出或复制时损坏。请重新导出。"),
    "unreadable_file": ("文件无法读取", "文件或文件夹无法读取。请检查权限。"),
    "link_outside": ("链接越出文件夹", "链接指向文件夹之外，没有跟随。请把文件本身复制进来。"),
    "missing_column": ("缺列", "缺少列 {column}。请补上。"),
    "repeated_column": ("列重复", "列 {column} 出现两次。请留一列。"),
    "broken_parquet": ("Parquet 文件损坏", "Parquet 文件损坏或不完整。请重新复制或导出。"),
    "wrong_type": ("列的类型不符", "列 {column} 的类型不符[，是 {got}]。请按所需类型写出。"),
    "unknown_file": ("不识的文件，原样保留", "格式里没有 {file} 这个文件，原样保留，不参与计算[。相近：{near}]。"),
    "unknown_column": ("不识的列，原样保留", "格式里没有列 {columns}，原样保留，不参与计算。"),
    "open_quote": (
        "引号没有闭合",
        "有引号没有闭合，这一行已搁置。请补上引号；若是末行，文件可能被截断，请重新导出。",
    ),
    "broken_record": ("记录无法拆分", '这一行不能拆成格。格内的引号请写成 ""。'),
    "field_count": (
        "列数与表头不符",
        "这一行的格数与表头不符，已搁置。含逗号的格请加引号，数字不写千分位；缺的格留空。",
    ),
    "blank_row": ("空行已跳过", "空行已跳过[，共 {count} 行]。"),
    "trimmed": ("已去除首尾空格", "[{column} ]首尾的空格已去除[，共 {count} 格]。"),
    "missing_value": ("缺必填项", "[{column} ]必须填写。空白表示不知道，不等于 0；不知道就不要写这一行。"),
    "bad_id": ("编号不合规", "编号应为 1 至 64 个字符，只用字母、数字和 . _ -[，收到 {got}]。"),
    "bad_number": (
        "数字无法读取",
        "应为以点作小数点的数字[，收到 {got}][，共 {count} 处]。不写千分位；没有读数就留空。",
    ),
    "not_finite": ("不是有限的数", "应为有限的数[，收到 {got}][，共 {count} 处]。没有读数就留空。"),
    "out_of_range": (
        "超出合理范围",
        "[{column} ]的数字超出允许的范围[，应{want}][，收到 {got}]。请核对单位或导出设置。",
    ),
    "bad_boolean": ("布尔值有误", "应为小写的 true 或 false[，收到 {got}]。"),
    "unknown_word": ("用词不在表内", "[{column} ]的用词不在表内[，收到 {got}][。相近：{near}]。"),
    "bad_time": (
        "时间无法读取",
        "时间无法读取[，收到 {got}][，共 {count} 处]。请写成 2025-01-31 或 2025-01-31T08:00。",
    ),
    "slash_date": ("日期用了斜线", "斜线日期的月、日不分明[，收到 {got}]。请用短横写成 2025-01-31。"),
    "year_out_of_range": ("年份超出范围", "年份应在 1900 至 2100 之间[，收到 {got}]。请检查记录器的时钟。"),
    "nonexistent_hour": (
        "当日没有这个时刻",
        "当日拨钟，没有这个时刻[，收到 {got}]。请写上时区偏移，或在 meters.csv 写明记录器的时钟。",
    ),
    "bad_offset": ("时区偏移有误", "时区偏移应如 +08:00[，收到 {got}]。"),
    "bad_period": ("时长有误", "时长应如 PT15M、PT1H、P1D，不超过 366 天[，收到 {got}]。"),
    "calendar_period": ("时长没有定值", "月和年长短不一，不能作时长[，收到 {got}]。请用天数，如 P30D。"),
    "unknown_clock": ("时钟写法不识", "时钟应为 utc、+01:00 一类的偏移或时区名[，收到 {got}]。"),
    "bad_evidence_path": (
        "证据路径越出文件夹",
        "证据应放在 evidence/ 之下，路径从那里写起，不含 ..，也不能是链接[；收到 {got}]。",
    ),
    "evidence_missing": ("证据文件缺失", "找不到证据文件[ {got}]。请补上文件，或改正路径。"),
    "end_not_after_start": ("止不晚于起", "结束不晚于开始。时段含起不含止，请改正。"),
    "end_on_last_day": (
        "止日写在月末当日",
        "结束写在月末当日，按所写处理：那一天不在时段内。若指整月，请写下月第一天。",
    ),
    "naive_times": ("时间未写时区", "时间没有写时区，按园区时区或该点的时钟处理[，共 {count} 行]。"),
    "mixed_offsets": ("时区写法不一", "同一文件里有的时间写了时区，有的没有。请一律写上。"),
    "repeated_hour": (
        "时刻出现两次，按行序定",
        "拨钟日的这一小时出现两次，没有写时区，按行的先后区分[，{day} 共 {count} 行]。请写上时区偏移。",
    ),
    "unknown_id": ("不识的编号", "没有这个编号[：{got}][，共 {count} 行][。相近：{near}]。"),
    "set_aside_id": ("所指的行已搁置", "所指的行因有误已搁置[：{got}]。请先改正那一行。"),
    "duplicate_id": ("编号重复", "编号[ {id}]重复，以先写的为准。请改名或删去后面的行。"),
    "unknown_commodity": ("不识的品种", "库中和 commodities.csv 里都没有这个品种[：{got}][。相近：{near}]。"),
    "unknown_unit": ("不识的单位", "单位无法识别[：{got}][。相近：{near}]。"),
    "wrong_unit": ("单位与所量不符", "单位与所量不符[，应{want}][，收到 {got}]。请改正单位。"),
    "parent_cycle": ("上级关系成环", "上级关系成环，这些行已搁置[：第 {lines} 行]。请改正其中一个上级。"),
    "ancestor_member": (
        "成员与其上级重复列入",
        "同一边界里列了上级又列了下级[：第 {lines} 行]。上级已包含下级，请删去下级[ {node}]。",
    ),
    "overlapping_members": (
        "成员时段重叠",
        "同一成员的两行时段重叠[：第 {lines} 行]，以先写的为准。请让前一行止于后一行的起。",
    ),
    "same_ends": ("流的两端相同", "流的两端是同一节点。留在节点内的不是流。"),
    "grid_supply_implied": ("来自电网的流视为网购", "来自电网而 made_as 空白的流，视为网购电[，共 {count} 行]。"),
    "default_boundary_unknown": ("缺省边界不存在", "boundaries.csv 里没有缺省边界[ {got}][。相近：{near}]。"),
    "overlapping_devices": (
        "表计期间重叠",
        "同一点位的两只表期间重叠[：第 {lines} 行]，以先写的为准。请让前一只止于后一只的起。",
    ),
    "point_on_two_streams": (
        "一个点位在两条流上",
        "一个点位同时在两条流上[：第 {lines} 行]，以先写的为准。请给每条流各设一点。",
    ),
    "device_on_two_points": (
        "同一只表在两个点位",
        "同一只表同时在两个点位上[：第 {lines} 行]。只有一表多寄存器（如进、出）时才对。",
    ),
    "device_counted_twice": ("同一只表重复计量", "同一只表在一条流上两次作主表[：第 {lines} 行]，以先写的为准。"),
    "bad_expression": ("表达式无法读取", "表达式无法读取[：{got}]。"),
    "expression_unit": ("表达式单位不符", "表达式得出的单位与该点的单位不符。请改正表达式或单位。"),
    "expression_cycle": ("虚拟点循环引用", "虚拟点互相引用成环[：第 {lines} 行]。请改正其中一个表达式。"),
    "negative_amount": ("数量为负", "数量不能为负[，收到 {got}]。更正请另写一行替换，不作相减。"),
    "zero_with_amount": (
        "确认为零却有数量",
        "confirmed_zero 的数量应空白或为 0[，收到 {got}]。有数量请改写为月报或发票。",
    ),
    "statement_replaced": ("填报已被更正", "后一行替换了前一行：{old} 改为 {new}。"),
    "overlapping_statements": (
        "填报时段重叠",
        "同一填报方同类的时段重叠[：第 {lines} 行]，都只作核对，不采用。请改正时段，或在 adoption.csv 指定哪一行。",
    ),
    "overlapping_adoption": ("采用规则时段重叠", "同一流的两行采用规则时段重叠[：第 {lines} 行]，以先写的为准。"),
    "overlapping_properties": ("同期有两个物性值", "同一物性在同一时间有两个值[：第 {lines} 行]。请改正时段。"),
    "repeated_stock": ("库存重复", "同一时刻有两个库存[：第 {lines} 行]，以先写的为准。请删去一行。"),
    "not_a_number": ("应为数字", "写了单位，值却不是数字[，收到 {got}]。值为文字时请不写单位。"),
    "equal_factors": (
        "两行因子同级而不同值",
        "两行因子同级而不同值[：第 {lines} 行]，都不采用。请以 from、for 或 status 区分，或删去一行。",
    ),
    "idle_factor": (
        "因子行用不上",
        "{came}：没有这样的流，这一行用不上。for 写节点，指它供出的品种；它用掉的，请写流或供出的节点。",
    ),
    "repeated_factor": ("因子行重复", "因子行重复[：第 {lines} 行]，以先写的为准。"),
    "no_document": ("因子没有出处", "因子没有写出处。请写明报告、检测或证书。"),
    "serials_reversed": ("序号颠倒", "序号止小于起[，收到 {got}]。序号含两端。"),
    "unknown_setting": ("不识的设置，原样保留", "park.toml 里格式不识的设置[ {column}]，原样保留。"),
    "missing_setting": ("缺园区设置", "park.toml 缺一项设置，先按缺省处理。请写上。"),
    "bad_setting": ("园区设置有误", "park.toml 有一项设置不能用[，收到 {got}]，按未知处理。"),
    "unknown_point": (
        "读数的点位未登记",
        "meters.csv 里没有点位[ {got}]，它的读数已搁置[，共 {count} 行]。请登记该点，或改正名称。",
    ),
    "negative_counter": (
        "计数器读数为负",
        "计数器读数小于零，已搁置[，共 {count} 条]。请改正读数；若数量本有正负，请用 register = interval。",
    ),
    "too_large_value": ("读数过大", "读数达到 1e15 或以上，已搁置[，共 {count} 条]。请检查单位和导出。"),
    "blank_values": ("空值不作读数", "空值不作读数[，共 {count} 条]。"),
    "bad_sequence": ("序号有误", "seq 应为整数[，收到 {got}]。"),
    "commodity_repeats_library": (
        "与库中品种重复",
        "品种 {code} 库中已有，这一行不用。请另起编号，并以库中品种作上级。",
    ),
    "unknown_parent": ("不识的上级", "品种 {code} 的上级不能用。请改正或留空。"),
    "commodity_incomplete": ("品种信息不全", "品种 {code} 缺种类或单位，又没有上级可继承。请填上。"),
}

#: Readings and intervals; the kind is the key of ``series.remarks``.
SERIES: Mapping[str, Told] = {
    "duplicate": ("读数重复送达", "有 {count} 条读数重复送达，值相同，各计一次。"),
    "late": ("读数迟到", "有 {count} 个时段的读数晚于其后的读数送达，已按时间归位。"),
    "corrected": (
        "读数有更正",
        "同一时刻先后送来不同的值，共 {count} 处；以序号大者为准，无序号以后到者为准。请向表计运行方确认更正。",
    ),
    "rolled_over": ("计数器翻转", "计数器翻转 {count} 次，翻转前后的量已计入。"),
    "reset": (
        "计数器归零",
        "计数器回落而非翻转，共 {count} 次，按归零处理，新值从 0 计；末次读数到归零之间的量不知道。请在 "
        "meters.csv 登记换表及起止读数。",
    ),
    "counter_dip": (
        "计数器短暂跌落",
        "有 {count} 条读数低于前值（跌到前值的 1 % 以下，或跌幅不足 1 %），随后又回到前值；已搁置，缺口总量保留。",
    ),
    "gap_total": (
        "缺口仅知总量",
        "缺读数 {count} 处，只知计数器跨过缺口的总量；计入能容下整个缺口的日、月或年，不予分摊。",
    ),
    "missing": (
        "读数缺失",
        "应每 {period}一条读数，缺 {count} 处。这种寄存器不留总量：这些量是缺失，不是零。请补读数，或给出填报。",
    ),
    "missing.silent": (
        "表计无声",
        "这个点位 {days} 天没有读数，而表仍在位、别的点位有读数；这段时间什么都不知道。请补读数、给出填报，或在 "
        "meters.csv 结束表计期间。",
    ),
    "device_change": (
        "换表起止读数不明",
        "换表时止码或起码没有登记，其间的量不知道。请在 meters.csv 填 last_value 和 first_value。",
    ),
    "negative": ("出现负值", "寄存器不是双向，却有 {count} 个时段为负；已搁置。请设 bidirectional，或改正正负。"),
    "out_of_range.out_of_range": (
        "超出额定",
        "有 {count} 个时段超过额定功率乘时间的两倍；仍计入。请核对 rated_kw、倍率和单位。",
    ),
    "spike": (
        "读数突跳",
        "有 {count} 个时段超过该点自身步长 99.9 分位的 {factor} 倍；仍计入。请核对是停电后补记，还是读错。",
    ),
    "stuck": ("读数不动", "同一个值持续 {hours} 小时，而这些钟点平时会变；照读计入。请检查表计和通信。"),
    "unit_suspect": (
        "单位可疑",
        "水平突变约 {factor} 倍并保持：疑为换了单位或倍率。没有换算；请在 meters.csv 另登一段表计期间。",
    ),
    "midnight_same_date": (
        "24:00 写成了当日 00:00",
        "有 {count} 条读数把当日 24:00 写成了当日 00:00，文件里时钟倒退；已搁置。请改正日期，或在 park.toml 对该"
        "点启用修复 midnight_same_date：移后一天并留标记。",
    ),
    "midnight_repaired": (
        "24:00 已按修复移后一天",
        "有 {count} 条读数把 24:00 写成了当日 00:00；按对该点启用的修复移后一天，并留标记。",
    ),
    "clock_follows_dst": (
        "记录器跟随夏令时",
        "记录器的时钟与登记不符：在 {rule} 夏令时的换钟日整点错移。临近午夜的日量和夏季各小时错位；没有移动。请改"
        "正 meters.csv 的 clock。",
    ),
    "outside_device": (
        "读数在表计期间之外",
        "有 {count} 条读数不在任何表计期间内，不计入。请延长 meters.csv 的起止，或流的时段。",
    ),
    "no_readings": ("没有读数", "这个点位登记了表，却没有读数；它的量什么都不知道。"),
    "period_assumed": ("时长取最常见间隔", "没有写时长，取最常见的间隔 {period}。"),
    "period_unknown": ("时长不明", "没有写时长，读数又不足两条，无从得知，不能计量。请在 meters.csv 填 period。"),
    "unit_mix": ("表计单位不通约", "同一点位的表计单位没有公约数，数量已舍入到最小步长的百万分之一。请统一单位。"),
    "scale_limit": (
        "超出数值精度",
        "读数太大，连小数一起超过 64 位整数的和，已舍入到 10^-{power}。请核对单位和倍率。",
    ),
    "scale_limit.scale_note": ("小数位过多", "读数的小数超过 6 位，已舍入到 10^-{power}。"),
    "device_overlap": (
        "表计期间重叠",
        "点位 {point} 的表计期间重叠；后一只从前一只结束时起计。请改正 meters.csv 的起止。",
    ),
    "meter_unusable": ("表计不能采用", "点位 {point} 的表计行不能用。请改正 meters.csv。"),
}

#: Adoption, certificates.
FLOWS: Mapping[str, Told] = {
    "deviation": (
        "两方数值不符",
        "{kind} {source}[（{reporter}）]：{other} {unit}；采用的是{adopted_kind} {adopted_label}：{adopted} "
        "{unit}；相差 {amount} {unit}，超出两倍标准差 {allowed} {unit}。[比值接近 {unit_suspect}，像是单位不同，"
        "请核对；没有换算。]",
    ),
    "flow_missing": ("缺流量", "没有谁说过流量是多少。[{able} 可以知道，请在 adoption.csv 指明。]"),
    "statement_not_placed": (
        "填报未能采用",
        "{kind} {ref} 没有计入：它不满整月，或 adoption.csv 没有点名，别的来源也没有这些月份的数。",
    ),
    "statement_not_placed.disputed": (
        "填报未能采用",
        "{kind} {ref} 没有计入：它与同一方同类的另一份填报重叠，别的来源也没有这些月份的数。",
    ),
    "calendarised": ("跨月填报按日切分，属估算", "{kind}的起止不在月界上，已按日切分到各月，标为估算（{rows}）。"),
    "adoption_override": ("采用顺序另有规定", "按 adoption.csv 的顺序采用：{order}。[理由：{reason}。]"),
    "adoption_idle": ("采用规则没有用上", "顺序 {order} 没有一个整月可用。各月整月采用，请让规则起止于月界。"),
    "parallel_mains": ("并列主表相加", "主表 {points} 是并列馈线，已相加。"),
    "several_reporters": (
        "多方填报同一数量",
        "{kind} 有两方填报同样的月份：采用 {adopted}，{other} 作核对（先用户一侧，再供方一侧，再按编号）。",
    ),
    "gap_not_counted": (
        "跨年缺口总量未计入",
        "点位 {point} 的缺口只知总量 {amount} {unit}，没有计入：{why}。请补边界上的读数，或给出这些月份的填报。",
    ),
    "point_moved": (
        "点位换了流",
        "点位 {point} 一个月里服务了几条流（{streams}），其月量不属于任何一条。请给移走后的点位新编号。",
    ),
    "statement_unit": ("填报单位不符", "流 {stream} 的填报单位 {unit} 不能换算，未用。"),
    "statement_outside_stream": (
        "填报超出流的有效期",
        "填报的时段不在流 {stream} 的有效期内，未用。请改正日期，或流的起止。",
    ),
    "stock_unit": ("库存单位不符", "库存的单位不能换算，未用。"),
    "stock_missing": (
        "缺年初或年末库存",
        "节点 {node} 的 {commodity} 在 {start} 前后 24 小时没有库存记录，库存变化不知道。请在 stocks.csv 补当日的"
        "库存。",
    ),
    "virtual_unusable": ("虚拟点不能采用", "虚拟点 {point} 不能用。请检查它的表达式和所引的点位。"),
    "claim_without_span": (
        "注销没有写用电时段",
        "批次 {lot} 的注销没有写用电的起止，什么也不覆盖。请写明为哪段时间注销。",
    ),
    "claim_without_beneficiary": ("注销没有受益方", "批次 {lot} 的注销找不到受益方，什么也不覆盖。"),
    "claim_cut": ("注销跨出本账期", "批次 {lot} 的注销跨出本账期，按天数计入其中一部分：{amount} {unit}。"),
    "claim_excess": (
        "绿证超出购电量",
        "批次 {lot} 的注销有 {amount} {unit} 被拒：这些电已由别的证书覆盖，或没有这么多购电（{rows}）。一度电只能"
        "覆盖一次。",
    ),
    "beyond_holding": (
        "超出证书持有量",
        "批次 {lot} 的{event}超出持有量 {amount} {unit}，未予采纳（{rows}）。请改正数量或持有人，或补上缺的签发、"
        "转让。",
    ),
    "serial_used_twice": (
        "证书序号重复",
        "批次 {lot} 的{event}所列序号已被用过，未予采纳（{rows}）。两行之中有一行不对。",
    ),
    "serial_outside_lot": ("序号不属于该批次", "批次 {lot} 的{event}所列序号不在签发范围内，未予采纳（{rows}）。"),
    "certificate_kind": ("证书种类不一致", "批次 {lot} 的{event}与该批次的种类不一致，未予采纳（{rows}）。"),
    "certificate_unit": ("证书单位不符", "批次 {lot} 的{event}单位不能换算，未予采纳。1 MWh 的证书请写单位 MWh。"),
}

#: The inventory.
INVENTORY: Mapping[str, Told] = {
    "nothing_inside": (
        "边界内没有流",
        "{year} 年边界 {boundary} 之内没有一条流的起点或终点：什么都不知道，这不等于零。请检查 members.csv、"
        "nodes.csv、streams.csv 是否齐备、有没有搁置的行（lingtan check），起止是否含这一年。",
    ),
    "activity_missing": (
        "缺活动量",
        "流 {stream} 应有数，{share} 的时间不知道。没有以别的数顶替；请给出读数或填报。",
    ),
    "fuel_without_use": (
        "燃料用途未填，未计入",
        "流 {stream} 送来燃料，used_as 没有说明是燃烧、转换、作原料还是转送，没有计入。请在 streams.csv 填 used_as。",
    ),
    "commodity_not_covered": ("方法未涵盖的品种", "方法既不用也不排除 {commodity}，它不在账内（{streams}）。"),
    "power_passed_on": (
        "转送电力",
        "流 {stream} 从不发电的节点送出电力：视为转送，取受入电力的因子。若在该处发电，请设 made_as = generation。",
    ),
    "year_only": (
        "只知全年数",
        "{amount} t 只知比月更长的时段（年报、库存变化、跨月缺口）：计入全年，不在任何月份。",
    ),
    "cut_by_time": (
        "按时间切分",
        "流 {stream} 有一笔跨过年界或成员变动日，{amount} {unit} 按时间切分，属估算。请分别给出两边的数。",
    ),
    "factor_lag": ("因子数据年较早", "{region} 适用的最新因子是 {row}，数据早了 {years} 年。"),
    "gwp_missing": (
        "缺全球增温潜势",
        "方法 {method} 没有 {substance} 的增温潜势，流 {stream} 的这部分不在 CO₂ 当量合计内。"
        "请在方法文件设 gwp_set 或 [gwp]。",
    ),
    "before_edition": ("年份早于方法版本", "方法版本为 {edition}，{year} 年在其之前，仍按该方法计算。"),
    "no_national_band": (
        "不适用国家档",
        "核心指标从年用能 {least_tce} tce 起才有国家档；本边界用 {amount} tce（等价值），没有国家档。",
    ),
    "coal_equivalent_missing": (
        "缺折标系数",
        "流 {stream} 的 {commodity} 没有折标系数，不在能耗合计内。请在 factors.csv 给 calorific_tce 或 NCV。",
    ),
    "factor_missing": (
        "缺因子",
        "流 {stream} 的 {commodity} 缺因子，[{amount} {unit} ]未计入（NE）。请在 factors.csv 给出因子及其文件。",
    ),
    "own_factor_not_used": (
        "园区因子未被采用",
        "园区的因子 {parameter}（{row}）没有用在流 {stream} 上：同一算法还缺别的参数。请在 factors.csv 或 "
        "properties.csv 补上。",
    ),
    "factor_tie": ("两行因子不分先后", "两行因子同样合适（{rows}），都不采用。请以 for、from 或 to 限定其中一行。"),
    "property_averaged": (
        "物性按时间加权",
        "流 {stream} 的 {property} 只有部分时段，已按时间加权。请让数量与物性的时段一致。",
    ),
    "factor_stand_in": ("以替代因子计", "没有 {parameter}，以方法写明的替代因子计。有此因子时请写入 factors.csv。"),
    "factor_changes_inside": (
        "因子在一笔数量中间变更",
        "园区的 {parameter} 在流 {stream} 一笔数量的中间变更：全部按首日的因子计。请按变更日分开给数。",
    ),
    "recalled_factor": (
        "因子凭记忆，未核实",
        "因子 {row} 凭记忆，没有在文件里查到，结果未核实。请给出有文件的因子。",
    ),
    "fixed_parameter_ignored": (
        "方法已定的参数，园区值不用",
        "方法定为 {fixed}，园区自有的 {row} 不采用（流 {stream}）。可留给别的方法，或删去。",
    ),
}

FINDINGS: Mapping[str, Told] = {**FOLDER, **SERIES, **FLOWS, **INVENTORY}
