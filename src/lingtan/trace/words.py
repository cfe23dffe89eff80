"""The phrases of an explanation, Chinese and English side by side, and the names of the account's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from lingtan.trace import show

#: key -> (Chinese, English); placeholders are the values of the step. A part in ``[…]`` goes where one is blank.
PHRASES: Mapping[str, tuple[str, str]] = {
    "lines": ("由 {count} 行清册相加", "sum of {count} lines"),
    "lines.one": ("清册行一行", "one line"),
    "lines.none": ("没有清册行", "no lines"),
    "line": ("{id}：{amount} t {substance}（{node}，{activity}）", "{id}: {amount} t {substance} ({node}, {activity})"),
    "line.unknown": (
        "{id}：没有数，注记 {notation}（{activity}）",
        "{id}: no amount, notation {notation} ({activity})[. {note}]",
    ),
    "line.month": ("{id}：{month} 计 {amount} t", "{id}: {amount} t in {month}"),
    "line.about": (
        "边界 {boundary}，节点 {node}[，流 {stream}：{source} → {target}]，{start} 至 {end}（不含）",
        "boundary {boundary}, node {node}[, stream {stream}: {source} -> {target}], from {start} until {end}",
    ),
    "year_only": (
        "另有 {amount} t 只知全年数，未分到月",
        "{amount} t more are known for the year only and stand in no month",
    ),
    "more": ("另有 {count} 项未逐一列出，合计 {amount} {unit}", "{count} more, together {amount} {unit}"),
    "trade.received": ("受入 {amount} t", "received {amount} t"),
    "trade.sent": ("送出 {amount} t", "sent {amount} t"),
    "trade.own": ("自身排放 {amount} t", "own {amount} t"),
    "term": (
        "{id}：{amount} {unit} → 当量 {calorific} tce，等价 {equivalent} tce",
        "{id}: {amount} {unit} -> {calorific} tce calorific, {equivalent} tce equivalent",
    ),
    "term.left_out": (
        "{id}：{amount} {unit} 列示，不计入（当量 {calorific}，等价 {equivalent} tce）",
        "{id}: {amount} {unit} shown, left out ({calorific} tce calorific, {equivalent} tce equivalent)",
    ),
    "flows": (
        "流量 {amount} {unit}，{count} 段[，计量 {measured}][，填报 {reported}][，估算 {estimated}]"
        "[，缺失 {missing} 段]",
        "flow {amount} {unit}, pieces: {count}[, metered {measured}][, reported {reported}][, estimated {estimated}]"
        "[, missing pieces: {missing}]",
    ),
    "flow": (
        "{start} 至 {end}：{amount} {unit}，来自 {origin}，份额 {share}，可知 {known}，逐时 {resolved}{marks}",
        "{start} until {end}: {amount} {unit} from {origin}, share {share}, known {known}, resolved {resolved}{marks}",
    ),
    "missing": (
        "{start} 至 {end}：没有读数，也没有填报，注记 {notation}",
        "{start} until {end}: neither readings nor statements, notation {notation}",
    ),
    "readings": (
        "表计点 {point}（{role}，{register}[，表号 {serial}]）：{amount} {unit}，{start} 至 {end}",
        "point {point} ({role}, {register}[, serial {serial}]): {amount} {unit}, from {start} until {end}",
    ),
    "readings.virtual": (
        "虚拟点 {point} = {expression}：{amount} {unit}",
        "virtual point {point} = {expression}: {amount} {unit}",
    ),
    "readings.file": (
        "文件 {file} 第 {first_line} 至 {last_line} 行，读数 {readings} 条[，sha-256 {sha256}]",
        "file {file} lines {first_line} to {last_line}, readings: {readings}[, sha-256 {sha256}]",
    ),
    "readings.gone": (
        "没有随附读数文件的位置：重新打开园区文件夹可查",
        "the place in the reading files was not handed over; open the park folder again to see it",
    ),
    "statement": (
        "{kind}，{ref}[，填报方 {who_zh}][，{behalf_zh}]：{amount} {unit}[；证据 {evidence}]",
        "{kind} at {ref}[, reporter {who}][, {behalf}]: {amount} {unit}[; evidence {evidence}]",
    ),
    "statements": (
        "{kind}，{file} 第 {rows} 行[，填报方 {who_zh}]：{amount} {unit}[；证据 {evidence}]",
        "{kind} in {file} lines {rows}[, reporter {who}]: {amount} {unit}[; evidence {evidence}]",
    ),
    "stock": (
        "库存 {node} {commodity}，{start}：{amount} {unit}，{ref}[；证据 {evidence}]",
        "stock of {commodity} at {node}, {start}: {amount} {unit}, {ref}[; evidence {evidence}]",
    ),
    "factor": (
        "{parameter} = {value} {unit}，行 {row}[，{document}][，数据年 {data_year}]，状态 {status}",
        "{parameter} = {value} {unit}, row {row}[, {document}][, data year {data_year}], status {status}",
    ),
    "factor.published": (
        "原文写作 {value} {unit}[，自 {from}][，至 {until}][，地区 {region}][，内容摘要 {content_hash}]"
        "[，读自 {source}]",
        "published as {value} {unit}[, from {from}][, until {until}][, region {region}][, content hash {content_hash}]"
        "[, read in {source}]",
    ),
    "factor.own": ("园区自有因子，{file} 第 {line} 行", "the park's own row, {file} line {line}"),
    "factor.refused": (
        "未用：{value} {unit}，{row}（[{document}，]{status}）",
        "not used: {value} {unit}, {row} ([{document}, ]{status})",
    ),
    "rule": ("规则 {rule}：{formula} = {amount} t {substance}", "rule {rule}: {formula} = {amount} t {substance}"),
    "rule.cite": ("依据 {citation}", "source {citation}"),
    "rule.amount": (
        "代入量 {stated} {unit}，流量之和 {summed}，差 {difference}（库存变化或状态换算）",
        "the rule takes {stated} {unit}, the flows sum to {summed}, {difference} apart (stock change or state)"
        "[. {note}]",
    ),
    "clause": (
        "方法 {method}，类别 {category}[，范围 {scope}]",
        "method {method}, category {category}[, scope {scope}]",
    ),
    "clause.document": ("方法文件 {title_zh}：{document}", "method file {title}: {document}"),
    "version": (
        "由 lingtan {package} 计算[，方法 {method} 版本 {edition}]",
        "computed by lingtan {package}[, method {method} edition {edition}]",
    ),
    "choice": (
        "口径选择 {title_zh}（{id}）：取 {chosen_zh}[。{reason_zh}][（{document}）]",
        "choice {title} ({id}): chosen {chosen}[. {reason}][ ({document})]",
    ),
    "choice.open": (
        "未定的口径 {title_zh}（{id}）：取 {chosen_zh}[。{reason_zh}][（{document}）]",
        "open choice {title} ({id}): chosen {chosen}[. {reason}][ ({document})]",
    ),
    "choice.alternative": ("若取 {alternative_zh}[：{totals}]", "with {alternative}[: {totals}]"),
    "choice.nothing": ("另选都不改变这本账的总量", "no alternative changes a total of this account"),
    "choice.leaves_out": (
        "因此这些行没有数：{lines}",
        "this is why these lines have no amount: {lines}",
    ),
    "finding": ("{level} · {title}[（{place}）]：{message_zh}", "{level} {code}: {message}"),
    "finding.more": ("另有 {count} 条发现，见发现清单", "{count} more findings; the list of findings has them"),
    "deviation": (
        "{start} 至 {end}：采用 {adopted}，另一说 {other}（{kind} {ref}），差 {difference}，允许 {allowed} {unit}",
        "{start} until {end}: adopted {adopted}, the other says {other} ({kind} {ref}), difference {difference}, "
        "allowed {allowed} {unit}",
    ),
    "deviation.beyond": (
        "{start} 至 {end}：采用 {adopted}，另一说 {other}（{kind} {ref}），差 {difference}，"
        "超出允许的 {allowed} {unit}",
        "{start} until {end}: adopted {adopted}, the other says {other} ({kind} {ref}), difference {difference}, "
        "more than the {allowed} {unit} allowed",
    ),
    "quality": ("{name}：{share}", "{name}: {share}"),
    "check.holds": ("验算：{how} = {recomputed}，相差 0", "check: {how} = {recomputed}, difference 0"),
    "check.differs": (
        "验算：{how} = {recomputed}，相差 {difference}",
        "check: {how} = {recomputed}, off by {difference}",
    ),
    "check.unknown": ("验算：{how}，有未知项，不能算", "check: {how}, cannot be done, a part is not known"),
}

#: Words of the account -> (Chinese, English).
NAMES: Mapping[str, tuple[str, str]] = {
    "co2_t": ("二氧化碳排放总量", "total CO₂"),
    "co2e_t": ("温室气体排放总量", "total CO₂e"),
    "energy_tce_calorific": ("能源消费量（当量值）", "energy, calorific value"),
    "energy_tce_equivalent": ("能源消费量（等价值）", "energy, equivalent value"),
    "co2_t_per_tce": ("单位能耗碳排放", "CO₂ per unit energy"),
    "fuel": ("燃料燃烧", "fuel burned"),
    "conversion": ("能源转换碳损失", "conversion carbon loss"),
    "electricity": ("净购入电力", "net electricity"),
    "heat": ("净购入热力", "net heat"),
    "process": ("工业过程", "process"),
    "resolved": ("逐时段可知", "resolved"),
    "known": ("总量可知", "known"),
    "measured": ("计量", "metered"),
    "reported": ("填报", "reported"),
    "estimated": ("估算", "estimated"),
    "missing": ("缺失", "missing"),
    "complete": ("完整", "complete"),
    "incomplete": ("不完整", "incomplete"),
    "unverified": ("未核实", "unverified"),
    "meter": ("表计", "meter"),
    "virtual": ("虚拟表计", "virtual meter"),
    "invoice": ("发票", "invoice"),
    "statistics": ("统计报表", "statistics form"),
    "report": ("月报", "report"),
    "estimate": ("估算", "estimate"),
    "confirmed_zero": ("确认为零", "confirmed zero"),
    "status.measured": ("实测", "measured"),
    "status.supplier": ("供方提供", "supplier"),
    "status.own": ("园区自有", "own"),
    "status.found2": ("两处可查", "found in two sources"),
    "status.found1": ("一处可查", "found in one source"),
    "status.recalled": ("凭记忆", "recalled"),
    "co2_t / energy_tce_equivalent": ("排放总量 / 能源消费量（等价值）", "co2_t / energy_tce_equivalent"),
    "sum of lines": ("清册行之和", "sum of lines"),
    "sum of counted energy terms": ("计入的能耗各项之和", "sum of counted energy terms"),
    "sum of the category's lines": ("该类清册行之和", "sum of the category's lines"),
    "sum of the lines' months": ("各行当月之和", "sum of the lines' months"),
    "own lines + received - sent": ("自身各行 + 受入 − 送出", "own lines + received - sent"),
    "green / all power supplied": ("绿电 / 全部供电", "green / all power supplied"),
    "rule applied to the listed arguments": ("规则代入所列数字", "rule applied to the listed arguments"),
    "sum of the sources": ("各来源之和", "sum of the sources"),
    "other - adopted, the largest": ("另一说 − 采用，取最大", "other - adopted, the largest"),
    "metered + reported + estimated + missing": (
        "计量 + 填报 + 估算 + 缺失",
        "metered + reported + estimated + missing",
    ),
    "alternative - chosen, the largest": ("另选 − 所选，取最大", "alternative - chosen, the largest"),
    "direct": ("直接", "direct"),
    "indirect": ("间接", "indirect"),
    "main": ("主表", "main"),
    "check": ("校核表", "check"),
    "sub": ("分表", "sub"),
    "counter": ("累计", "counter"),
    "interval": ("时段量", "interval"),
    "rate": ("平均功率", "rate"),
    "rate_point": ("瞬时值", "rate_point"),
    "error": ("错误", "error"),
    "finding": ("发现", "finding"),
    "note": ("说明", "note"),
}

#: Activities and energy terms of the shipped methods -> Chinese.
ACTIVITIES: Mapping[str, str] = {
    "biogenic": "生物质",
    "direct line": "绿电直供",
    "final consumption": "终端消费",
    "heat supply": "供热",
    "input": "投入",
    "input of material": "物料投入",
    "output": "产出",
    "output of material": "物料产出",
    "output without carbon": "不含碳的产出",
    "listed products": "所列产品",
    "other products": "其他产品",
    "primary aluminium": "原铝",
    "no carbon": "不含碳",
    "power generation": "发电",
    "power generation and heat supply": "发电与供热",
    "purchased": "外购",
    "purchased heat and steam": "外购热力与蒸汽",
    "purchased cooling": "外购冷量",
    "received": "受入",
    "received, direct green": "受入，绿电直供",
    "received, non-fossil": "受入，非化石",
    "sent": "送出",
    "sent, direct green": "送出，绿电直供",
    "sent, own non-fossil": "送出，自有非化石",
    "recovered energy": "回收能",
    "stock change": "库存变化",
    "conversion_input": "转换投入",
    "conversion_output": "转换产出",
    "feedstock": "原料用能",
    "fuel": "燃料",
    "heat_received": "受入热力",
    "heat_sold": "外售热力",
    "own_generation": "自有发电",
    "own_generation_sent": "自有发电外送",
    "power_received": "受入电力",
    "power_sent": "外送电力",
    "recovered": "回收能",
}

#: Placeholders that hold a word of the account, not an id or a text of the park.
_WORDS = frozenset({"origin", "kind", "status", "level", "category", "name", "total", "scope", "role", "register"})
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"\{(\w+)\}")

#: Figures of the totals -> unit.
UNITS: Mapping[str, str] = {
    "co2_t": "t CO₂",
    "co2e_t": "t CO₂e",
    "energy_tce_calorific": "tce",
    "energy_tce_equivalent": "tce",
    "co2_t_per_tce": "t CO₂/tce",
}


def name(word: str, lang: str) -> str:
    """Return the name of a word of the account, or the word itself where it has none."""
    pair = NAMES.get(word)
    return word if pair is None else pair[0 if lang == "zh" else 1]


def activity(word: str, lang: str) -> str:
    """Return what a line's activity or an energy term is called; a method's own word stands as it is."""
    known = ACTIVITIES.get(word)
    if known is None:
        return name(word, lang)
    return known if lang == "zh" else word.replace("_", " ")


def ranges(numbers: Sequence[Any]) -> str:
    """Return line numbers with neighbours drawn together: 2, 3, 4, 9 as ``2–4, 9``."""
    runs: list[list[int]] = []
    for number in (int(text) for text in numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}\N{EN DASH}{run[-1]}" for run in runs)


def both(word: str) -> tuple[str, str]:
    """Return the Chinese and the English name of a word of the account."""
    return NAMES.get(word, (word, word))


def say(key: str, values: Mapping[str, Any], lang: str) -> str:
    """Return the phrase ``key`` with its placeholders filled; figures and instants are formatted, None is ``—``."""
    phrase = _OPTIONAL.sub(lambda part: _if_known(part[1], values), PHRASES[key][0 if lang == "zh" else 1])
    shown = {word: _word(word, values.get(word), lang) for word in _PLACE.findall(phrase)}
    return phrase.format_map(shown).strip()


def _if_known(part: str, values: Mapping[str, Any]) -> str:
    """Return a part of a phrase, or nothing where one of its placeholders has no value."""
    return part if all(values.get(word) for word in _PLACE.findall(part)) else ""


def _word(word: str, value: Any, lang: str) -> str:
    if word == "activity" and isinstance(value, str):
        return activity(value, lang)
    if word == "rows":
        return ranges(value)
    if word not in _WORDS or not isinstance(value, str) or not value:
        return _shown(value, lang)
    return name(f"status.{value}", lang).removeprefix("status.") if word == "status" else name(value, lang)


def _shown(value: Any, lang: str) -> str:
    if value is None or value == "":
        return show.NOT_APPLICABLE
    if isinstance(value, Decimal):
        return show.exact(value)
    if isinstance(value, datetime):
        return show.instant(value, None)
    if isinstance(value, Mapping):
        told = (f"{name(word, lang)} {show.exact(part)} {UNITS.get(word, '')}".strip() for word, part in value.items())
        return ("，" if lang == "zh" else ", ").join(told)
    if isinstance(value, (list, tuple)):
        return ("、" if lang == "zh" else ", ").join(_shown(part, lang) for part in value) or show.NOT_APPLICABLE
    return str(value)
