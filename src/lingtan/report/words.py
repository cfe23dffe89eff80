"""What page and workbook say, Chinese and English side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, tuple[str, str]] = {
    "boundary": ("边界：{value}", "boundary: {value}"),
    "boundary.none": ("全部节点", "all nodes"),
    "method": ("方法：{value}", "method: {value}"),
    "sample": ("示例 · 合成数据", "sample · synthetic"),
    "unverified": ("未核实", "unverified"),
    "incomplete": ("不完整", "incomplete"),
    "complete": ("完整", "complete"),
    "range": ("口径区间 {low}–{high}", "{low}–{high} over the open choices"),
    "exact": ("未决口径不影响", "no open choice moves it"),
    "figure.coverage": ("总量可知的时间", "time known as a total"),
    "figure.findings": ("待处理的发现", "findings to act on"),
    "figure.findings.below": (
        "其中错误 {errors}；说明 {notes} 条另列",
        "errors among them: {errors}; notes apart: {notes}",
    ),
    "tce.below": ("当量 {value} tce", "calorific {value} tce"),
    "months": ("每月从哪里排", "Which months, which sources?"),
    "months.hint": (
        "t CO₂，按来源堆叠；零线以下为送出与扣减",
        "t CO₂, stacked by source; below the line: sent out and deducted",
    ),
    "months.none": (
        "没有一个月单独可知，所以不画柱：所有的量都来自比月更长的时段（年报、跨月的发票或缺口）。"
        "给出月报或表计读数后，这里按月显示。",
        "No month is known by itself, so there are no bars: every amount stands for longer than a month (a yearly "
        "statement, a bill or a gap across months). Monthly statements or readings will fill this.",
    ),
    "months.left": (
        "另有 {amount} t 只知全年数，未分到月。",
        "{amount} t more are known for the year only and stand in no month.",
    ),
    "ladder": ("离国家线还有多远", "How far from the national line?"),
    "ladder.hint": (
        "t CO₂/tce；20–100 万 tce 的园区 ≤ 0.2，100 万 tce 及以上 ≤ 0.3。横线为未决口径的区间",
        "t CO₂/tce; ≤ 0.2 for 0.2–1.0 Mtce a year, ≤ 0.3 from 1.0 Mtce. The whisker spans the open choices",
    ),
    "ladder.none": (
        "核心指标算不出：缺排放总量或能源消费量。",
        "The core indicator is not known: total or energy is missing.",
    ),
    "ladder.noband": (
        "年用能 {tce} tce，不足 20 万，国家档不适用。",
        "{tce} tce a year: below 200,000, no national band applies.",
    ),
    "ladder.band": ("本园适用 ≤ {limit}，相差 {gap}。", "This park's line is {limit}: {gap} apart."),
    "ladder.pass": ("可达标区", "passing"),
    "made.of": ("总量由什么构成，t CO₂", "What makes it up? t CO₂"),
    "status.measured": ("实测", "measured"),
    "status.supplier": ("供方提供", "supplier"),
    "status.own": ("园区自有", "own"),
    "status.found2": ("两处可查", "two sources"),
    "status.found1": ("一处可查", "one source"),
    "status.recalled": ("凭记忆", "recalled"),
    "account": ("账册", "Account"),
    "account.hint": (
        "活动量 × 因子 = 排放；点开一行看来历",
        "activity × factor = emission; open a line to see where it comes from",
    ),
    "col.source": ("来源", "source"),
    "col.amount": ("活动量", "activity"),
    "col.factor": ("因子", "factor"),
    "col.status": ("因子来源", "factor from"),
    "col.share": ("占比", "share"),
    "total": ("合计", "Total"),
    "parts": ("分项各自取整。", "Parts rounded apart."),
    "more.lines": (
        "另有 {count} 行，合计 {amount} t，见 Excel 账册。",
        "{count} more lines, together {amount} t, in the Excel account.",
    ),
    "lines.none": (
        "没有清册行。先在 streams.csv 登记能源流。",
        "No lines yet. Register energy streams in streams.csv first.",
    ),
    "no.factor": ("没有因子", "no factor"),
    "of.factors": ("由 {count} 个参数", "of {count} factors"),
    "of.lines": ("{count} 行", "{count} lines"),
    "notation.NE": ("未估算", "not estimated"),
    "notation.NO": ("未发生", "not occurring"),
    "notation.NA": ("不适用", "not applicable"),
    "notation.IE": ("已计入别处", "included elsewhere"),
    "notation.C": ("保密", "confidential"),
    "check.ok": ("验算：规则代入所列数字，相差 0", "check: the rule applied to the listed numbers, difference 0"),
    "check.off": ("验算：相差 {difference} t", "check: off by {difference} t"),
    "check.none": ("验算：没有可代入的数字", "check: nothing to compute"),
    "choices": ("方法没有定死的地方", "What does the method leave open?"),
    "choices.hint": (
        "选取与另选的结果；未核实者决定区间",
        "what was chosen, and what each alternative gives; unverified ones make the range",
    ),
    "choices.none": ("本方法没有口径选择。", "This method has no open choice."),
    "choices.idle": ("没有一项口径会改变这本账。", "No choice moves a total of this account."),
    "choices.rest": ("另有 {count} 项口径不改变这本账", "choices that move no total here: {count}"),
    "choice.leaves_out": ("因此有清册行没有数。", "This is why lines have no amount."),
    "findings": ("要处理什么", "What needs attention?"),
    "findings.hint": ("按影响排序", "by what is at stake"),
    "findings.none": ("没有发现问题。", "Nothing found."),
    "findings.rest": ("另有 {count} 条", "{count} more"),
    "findings.more": ("再有 {count} 条，见 Excel 账册。", "{count} beyond these, in the Excel account."),
    "stake": ("约 {amount} t CO₂", "about {amount} t CO₂"),
    "nodes": ("谁在排", "Who emits?"),
    "nodes.hint": (
        "t CO₂；净 = 自身 + 受入 − 送出，各单元之和等于园区",
        "t CO₂; net = own + received − sent; the units add up to the park",
    ),
    "node": ("企业与单元", "enterprise or unit"),
    "own": ("自身", "own"),
    "received": ("受入", "received"),
    "sent": ("送出", "sent"),
    "net": ("净", "net"),
    "energy": ("用了多少能", "How much energy?"),
    "energy.hint": ("tce；灰字列示，不计入", "tce; what is marked as left out is shown, not counted"),
    "term": ("项", "term"),
    "calorific": ("当量 tce", "calorific tce"),
    "equivalent": ("等价 tce", "equivalent tce"),
    "left.out": ("不计入", "left out"),
    "foot": (
        "— 表示不适用；缺失从不当作 0。零碳 Lingtan 生成，无外部请求。",
        "— means not applicable; what is missing is never 0. Made by Lingtan; the page asks nothing of the network.",
    ),
    "table": ("以表显示", "show as table"),
    "month": ("月份", "month"),
}


def say(key: str, lang: str, **values: Any) -> str:
    """Return the text ``key`` in the language, placeholders filled."""
    return WORDS[key][0 if lang == "zh" else 1].format_map(values)
