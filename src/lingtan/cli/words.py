"""What the command says, Chinese and English side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

WORDS: Mapping[str, tuple[str, str]] = {
    "about": (
        "零碳：园区能源、物料与碳的一本公开账。每个数字都能追到读数、因子、文件和规则。",
        "Lingtan: the open book of a park. Every figure opens down to reading, factor, document and rule.",
    ),
    "exit": (
        "退出码：0 完成；1 check 发现错误，或总量算不出；2 用法有误，或输入无法读取；70 内部故障。",
        "exit codes: 0 done; 1 check found errors, or a total cannot be computed; 2 usage or unreadable input; "
        "70 internal fault.",
    ),
    "help.check": ("一次查出园区文件夹里的全部问题", "find every fault of a park folder in one run"),
    "help.flows": ("采用的流量，按流、节点或表计点列出", "adopted flows by stream, node or metering point"),
    "help.account": ("一年的能源与碳账", "the energy and carbon account of a year"),
    "help.explain": ("一个数字是怎么来的", "why a figure is what it is"),
    "help.bridge": ("两种方法相差在哪", "what differs between two methods"),
    "help.example": ("写出一个合成的示例园区", "write a synthetic example park"),
    "help.reference": ("查因子与参数，校验自有数据集", "look up factors; check a set of your own"),
    "help.report": ("写出 Excel 账册与 HTML 页面", "write the Excel account and the HTML page"),
    "help.serve": ("启动平台：网页、数据库、后台任务", "serve the platform: pages, database, worker"),
    "help.ingest": ("采集服务：HTTP、文件夹、MQTT、Modbus", "acquisition: HTTP, drop folders, MQTT, Modbus"),
    "help.ingest.run": ("运行采集服务，直到收到信号", "run acquisition until a signal comes"),
    "help.ingest.check": ("一次查出配置的全部问题", "find every fault of the settings in one run"),
    "help.ingest.try": ("按某来源试读一个文件，不入库", "read a file as a source would; store nothing"),
    "help.ingest.waiting": ("等待映射的标签与被拒的数据", "tags that wait for a mapping, and what was refused"),
    "help.ingest.token": ("生成网关令牌及其摘要", "make a token for a gateway, with its digest"),
    "arg.ingest.config": ("采集配置文件", "settings of ingest"),
    "arg.ingest.store": ("存储文件夹，缺省为配置旁的 store", "folder of the store; default: store beside the settings"),
    "arg.ingest.source": ("来源编号", "id of a source"),
    "arg.ingest.file": ("一份数据文件", "a file with one payload"),
    "arg.ingest.topic": ("MQTT 主题", "topic of the message"),
    "ingest.up": (
        "采集已启动，HTTP 端口 {port}（0 = 无）；Ctrl-C 停止",
        "ingest is up, HTTP port {port} (0 = none); Ctrl-C stops",
    ),
    "ingest.not_installed": (
        "缺少 {name}：请安装 lingtan[web,ingest]",
        "{name} is missing: install lingtan[web,ingest]",
    ),
    "ingest.no_database": (
        "请设置 DATABASE_URL（PostgreSQL 地址），确认只在其提交之后给出",
        "set DATABASE_URL to the PostgreSQL of the store: an acknowledgement is earned by its commit",
    ),
    "ingest.no_source": ("没有来源 {name}；有：{known}", "there is no source {name}; there are: {known}"),
    "help.backup": ("备份平台的数据库与文件", "back up the platform's database and files"),
    "help.restore": ("把备份恢复到空的平台并核对", "restore a backup into an empty platform, and check it"),
    "help.store": (
        "读数库：核对、重算、按时刻查看、备份、恢复",
        "the store of readings: verify, rebuild, as-of, backup, restore",
    ),
    "arg.store": ("要做的事", "what to do"),
    "arg.store_target": ("备份文件夹", "folder of the backup"),
    "arg.store_root": ("读数库的文件夹", "folder of the store"),
    "arg.store_park": ("园区文件夹，其中有表计", "park folder with the meters"),
    "arg.store_time": ("按此时刻所知", "as known at this time"),
    "store.no_database": (
        "请设置 DATABASE_URL=postgresql://…，指向读数库的数据库。",
        "Set DATABASE_URL=postgresql://… to the store's database.",
    ),
    "store.no_target": ("请给出备份文件夹。", "Name the folder of the backup."),
    "store.no_park": ("请用 --park 给出园区文件夹。", "Name the park folder with --park."),
    "help.find": ("按词查行", "rows that match words"),
    "help.show": ("一行的全部内容", "all of one row"),
    "help.tables": ("有哪些表", "which tables there are"),
    "help.import": ("校验自有数据集并放入 DIR", "check a set of your own and place it in DIR"),
    "arg.dir": ("园区文件夹", "park folder"),
    "arg.year": ("年份，缺省为数据的最后一个整年", "year; default: the last year with data"),
    "arg.method": ("方法编号、方法文件，或 DIR/methods 下的文件", "method id, a method file, or a file in DIR/methods"),
    "arg.boundary": ("边界，缺省取 park.toml", "boundary; default: that of park.toml"),
    "arg.choose": ("改一项口径选择，可重复", "take another alternative of a choice; may be repeated"),
    "arg.recalled": ("允许凭记忆的因子，结果标为未核实", "allow recalled factors; marks the result unverified"),
    "arg.excel": ("另写 Excel 账册", "also write the Excel account"),
    "arg.html": ("另写 HTML 页面", "also write the HTML page"),
    "arg.json": ("以 JSON 输出", "print JSON"),
    "arg.lang": ("zh 或 en，缺省看 LANG", "zh or en; default from LANG"),
    "arg.repair": ("为某点启用命名修复，可重复", "switch on a named repair for a point; may be repeated"),
    "arg.figure": (
        "数字的名字，如 total:co2_t、line:…、flow:…@2025-03",
        "figure, as total:co2_t, line:…, flow:…@2025-03",
    ),
    "arg.list": ("列出全部可解释的数字", "list every figure that can be explained"),
    "arg.by": ("按什么列", "what the rows are"),
    "arg.step": ("时间步长", "step of time"),
    "arg.from": ("起日或时刻（含）", "first day, or a time"),
    "arg.to": ("止日或时刻（不含）", "day after the last, or a time"),
    "arg.id": ("只列这些编号，可重复", "only these ids; may be repeated"),
    "arg.seed": ("随机种子", "seed"),
    "arg.force": ("写入非空文件夹", "write into a folder that is not empty"),
    "arg.small": ("小的示例，供试用", "a small one, for trials"),
    "arg.words": ("要查的词", "words to look for"),
    "arg.row": ("行编号", "row id"),
    "arg.file": ("CSV 文件", "CSV file"),
    "arg.into": ("放入的文件夹，缺省 ~/.local/share/lingtan", "folder to place it in; default ~/.local/share/lingtan"),
    "arg.recalled_rows": ("也列凭记忆的行", "list recalled rows too"),
    "arg.before": ("原方法", "method to start from"),
    "arg.after": ("对照方法", "method to arrive at"),
    "arg.out": ("输出文件夹", "folder to write to"),
    "arg.host": ("监听的地址，缺省 127.0.0.1", "address to listen at; default 127.0.0.1"),
    "arg.port": ("端口，缺省 8000", "port; default 8000"),
    "arg.data": (
        "数据文件夹，缺省 LINGTAN_DATA 或 ~/.local/share/lingtan/platform",
        "data folder; default LINGTAN_DATA or ~/.local/share/lingtan/platform",
    ),
    "arg.no_worker": ("不启动后台任务进程", "start no worker"),
    "arg.backup": ("备份文件（.tar）", "backup file (.tar)"),
    "arg.copy": (
        "把备份再复制到另一处（共享盘、挂载盘），并核对",
        "copy the backup to another place too (a share, a mounted disk), and compare it",
    ),
    "arg.drill": (
        "恢复演练：在旁边的空数据库中恢复并逐表核对，平台不受影响",
        "a drill: take the backup back beside the platform, compare all, leave the platform alone",
    ),
    "arg.deploy": ("检查平台是否适合正式使用", "what is not fit for production on the platform"),
    "bad_port": ("--port 应为 1 到 65535，收到 {port}", "--port expects 1 to 65535, got {port}"),
    "not_installed": (
        "平台所需的软件包未安装（缺 {name}）。请运行：pip install 'lingtan[web]'",
        "The platform's packages are not installed ({name} is missing). Run: pip install 'lingtan[web]'",
    ),
    "no_dir": (
        "请给出园区文件夹 DIR，或用 --deploy 检查平台",
        "give the park folder DIR, or --deploy for the platform",
    ),
    "no_platform": ("{dir} 不是平台的数据文件夹", "{dir} is no data folder of the platform"),
    "fit": ("可以正式使用。", "Fit for production."),
    "unfit": ("{count} 处不适合正式使用：", "{count} things are not fit for production:"),
    "error": ("错误：{message}", "error: {message}"),
    "usage": ("用法有误：{message}。见 {prog} --help", "usage: {message}. See {prog} --help"),
    "internal": (
        "内部故障：{kind}: {message}。这不是您的过错，请带上此行与命令报告；细节已写入 {file}",
        "internal fault: {kind}: {message}. This is no fault of yours; please report this line and the command. "
        "Details are in {file}",
    ),
    "interrupted": ("已中断", "interrupted"),
    "written": ("已写出 {file}", "written {file}"),
    "reading": ("读取 {dir}", "reading {dir}"),
    "clean": ("没有发现问题。", "Nothing found."),
    "found": (
        "{errors} 个错误，{findings} 个发现，{notes} 条说明。",
        "{errors} errors, {findings} findings, {notes} notes.",
    ),
    "more": ("……另有 {count} 条，用 --json 查看全部", "… {count} more; --json shows all"),
    "head.totals": ("总量", "Totals"),
    "head.categories": ("分项", "Categories"),
    "head.nodes": ("企业与单元，t CO₂", "Enterprises and units, t CO₂"),
    "head.choices": ("口径选择", "Choices"),
    "choice.leaves_out": ("因此有清册行没有数", "this is why lines have no amount"),
    "head.findings": ("发现，按影响排序", "Findings, by what is at stake"),
    "head.coverage": ("数据覆盖", "Coverage"),
    "col.figure": ("数字", "figure"),
    "col.value": ("值", "value"),
    "col.unit": ("单位", "unit"),
    "col.range": ("口径区间", "range"),
    "col.node": ("节点", "node"),
    "col.own": ("自身", "own"),
    "col.received": ("受入", "received"),
    "col.sent": ("送出", "sent"),
    "col.net": ("净", "net"),
    "col.level": ("级别", "level"),
    "col.code": ("代码", "code"),
    "col.where": ("位置", "where"),
    "col.stake": ("影响", "at stake"),
    "col.message": ("内容", "message"),
    "col.id": ("编号", "id"),
    "col.commodity": ("品种", "commodity"),
    "col.start": ("起", "start"),
    "col.end": ("止", "end"),
    "col.amount": ("数量", "amount"),
    "col.known": ("可知", "known"),
    "col.resolved": ("逐时", "resolved"),
    "col.origin": ("来源", "origin"),
    "col.flags": ("标记", "flags"),
    "col.chosen": ("选取", "chosen"),
    "col.effect": ("若另取", "alternatives"),
    "col.subject": ("对象", "subject"),
    "col.parameter": ("参数", "parameter"),
    "col.region": ("地区", "region"),
    "col.year": ("数据年", "data year"),
    "col.status": ("状态", "status"),
    "col.document": ("文件", "document"),
    "col.table": ("表", "table"),
    "col.rows": ("行数", "rows"),
    "col.step": ("步骤", "step"),
    "hint.explain": (
        "用 lingtan explain {dir} total:co2_t --year {year} 查看来历",
        "ask why: lingtan explain {dir} total:co2_t --year {year}",
    ),
    "synthetic": ("合成数据，不是真实园区。", "Synthetic data, not a real park."),
    "bridge": (
        "{before} 为 {first} t CO₂，{after} 为 {last} t CO₂，相差 {difference} t；逐项相加恰好相等。",
        "{before} gives {first} t CO₂, {after} gives {last} t CO₂, {difference} t apart; the steps add up exactly.",
    ),
    "bridge.unknown": (
        "有一方的总量算不出，无法对照。",
        "One of the totals is not known; there is nothing to compare.",
    ),
    "none": ("没有相符的行。", "No rows match."),
    "imported": ("{rows} 行可用，已写入 {file}", "{rows} rows are usable, written to {file}"),
    "import.faults": ("{count} 行有误，未写出任何文件", "{count} rows are faulty; nothing was written"),
    "empty.flows": ("没有流量。先填 streams.csv。", "No flows. Fill streams.csv first."),
    "not_empty": (
        "{dir} 不是空文件夹。请换一个，或用 --force 写入。",
        "{dir} is not empty. Name another folder, or add --force to write into it.",
    ),
    "not_number": ("{option} 应为 id=值，收到 {text}", "{option} expects id=value, got {text}"),
    "bad_date": (
        "{option} 应为日期 2025-01-31，收到 {text}",
        "{option} expects a date as 2025-01-31, got {text}",
    ),
    "no_data": (
        "{dir} 没有读数也没有报表，无法定年份；请给 --year",
        "{dir} holds neither readings nor statements, so no year follows; give --year",
    ),
    "no_row": ("没有编号为 {id} 的行。相近：{near}", "There is no row {id}. Near: {near}"),
    "no_file": ("找不到文件 {file}", "There is no file {file}"),
    "not_text": (
        "{file} 不是 UTF-8 文本；请另存为 UTF-8 的 CSV",
        "{file} is not UTF-8 text; save it as CSV in UTF-8",
    ),
}


#: What argparse says in English -> Chinese: in a help, and where the command line is wrong.
HELP: tuple[tuple[str, str], ...] = (
    (r"^usage: ", "用法："),
    (r"^positional arguments:", "参数："),
    (r"^options:", "选项："),
    (r"show this help message and exit", "显示这份帮助"),
)
FAULTS: tuple[tuple[str, str], ...] = (
    (r"the following arguments are required: (.+)", r"缺少 \1"),
    (r"unrecognized arguments: (.+)", r"不认识 \1"),
    (r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)", r"\1 不能是 \2，可用的有 \3"),
    (r"argument (.+?): invalid int value: (.+)", r"\1 应为整数，收到 \2"),
    (r"argument (.+?): expected one argument", r"\1 后面要给一个值"),
    (r"argument (.+?): expected at least one argument", r"\1 后面至少要给一个值"),
    (r"ambiguous option: (.+?) could match (.+)", r"\1 不明确，可能是 \2"),
)


def translated(text: str, table: Sequence[tuple[str, str]]) -> str:
    """Return text with the patterns of a table replaced."""
    for pattern, told in table:
        text = re.sub(pattern, told, text, flags=re.M)
    return text


def say(key: str, lang: str, **values: Any) -> str:
    """Return the text ``key`` in the language, placeholders filled."""
    return WORDS[key][0 if lang == "zh" else 1].format_map(values)
