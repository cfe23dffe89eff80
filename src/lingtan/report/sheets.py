"""The sheets of the account's workbook beside its first page and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lingtan.flows.model import Flow, FlowSet
from lingtan.inventory.model import Account, FactorUse
from lingtan.ledger.park import Park
from lingtan.report import view
from lingtan.report.workbook import Sheet
from lingtan.trace import choices as open_choices
from lingtan.trace import show, stake, tell
from lingtan.trace.words import both

_ENERGY = (
    ("编号", "id"), ("流", "stream"), ("节点", "node"), ("品种", "commodity"), ("项", "term"), ("数量", "amount"),
    ("单位", "unit"), ("当量 tce", "calorific tce"), ("等价 tce", "equivalent tce"), ("计入", "counted"),
    ("因子行", "factor rows"),
)  # fmt: skip
_ENERGY_LETTER = {"energy_tce_calorific": "H", "energy_tce_equivalent": "I"}


@dataclass(frozen=True, slots=True)
class EnergyPlace:
    """First and last row of the terms as Excel counts them."""

    first: int
    last: int

    def total(self, word: str) -> str:
        """Return the formula of a total of energy; blank without terms."""
        if self.last < self.first:
            return ""
        letter = _ENERGY_LETTER[word]
        return f"=SUMIFS(Energy!${letter}${self.first}:${letter}${self.last},Energy!$J${self.first}:$J${self.last},1)"


def energy(sheet: Sheet, account: Account, park: Park | None) -> EnergyPlace:
    """Write every term and return where they stand."""
    sheet.head(*_ENERGY)
    first = sheet.row + 1
    for term in account.energy:
        rows = ", ".join(dict.fromkeys(use.row.id for use in term.factors))
        sheet.add(
            term.id, term.stream, term.node, term.commodity, term.term, term.amount, term.unit, term.tce_calorific,
            term.tce_equivalent, int(term.counted), rows,
        )  # fmt: skip
    return EnergyPlace(first, sheet.row)


_FACTORS = (
    ("编号", "id"), ("对象", "subject"), ("参数", "parameter"), ("值", "value"), ("单位", "unit"),
    ("代入值", "value as used"), ("代入单位", "unit as used"), ("适用", "for"), ("数据年", "data year"),
    ("地区", "region"), ("有效自", "from"), ("有效至", "to"), ("文件", "document"), ("来源", "source"),
    ("状态", "status"), ("集", "set"),
    ("内容摘要", "content hash"), ("所在文件", "file"), ("行", "line"), ("说明", "note"),
)  # fmt: skip


def factors(sheet: Sheet, account: Account) -> None:
    """Write every factor row that a line or an energy term uses."""
    sheet.head(*_FACTORS)
    uses = [use for line in account.lines for use in line.factors]
    uses += [use for term in account.energy for use in term.factors]
    unique: dict[tuple[str, str, str], FactorUse] = {}
    for use in uses:
        unique.setdefault((use.row.id, use.parameter, use.unit), use)
    for use in sorted(unique.values(), key=lambda use: (use.row.subject, use.parameter, use.row.id, use.unit)):
        row = use.row
        sheet.add(
            row.id, row.subject, use.parameter, row.value, row.unit, use.value, use.unit, row.applies_to, row.data_year,
            row.region, row.applies_from, row.applies_until, row.document, row.source, row.status, row.set_id,
            row.content_hash, row.file, row.line, row.note,
        )  # fmt: skip


_FLOWS = (
    ("流", "stream"), ("品种", "commodity"), ("起", "start"), ("止", "end"), ("数量", "amount"), ("单位", "unit"),
    ("来源", "origin"), ("逐时", "resolved"), ("可知", "known"), ("未归位", "unplaced"), ("估算", "estimated"),
    ("标记", "flags"), ("注记", "notation"), ("标准差 %", "sigma %"), ("输入", "sources"),
)  # fmt: skip


def flows(sheet: Sheet, account: Account, park: Park | None, flow_set: FlowSet | None) -> None:
    """Write every adopted flow of ``flow_set``, else those behind the account's lines."""
    sheet.head(*_FLOWS)
    zone = park.settings.zone if park else None
    for flow, unit in _flows(account, park, flow_set):
        sheet.add(
            flow.stream, view.commodity_of(park, flow.stream), show.instant(flow.start, zone),
            show.instant(flow.end, zone), flow.amount, unit, flow.origin, flow.resolved, flow.known, flow.unplaced,
            int(flow.estimated), ", ".join(flow.flags), flow.notation, flow.sigma_pct,
            "; ".join(f"{source.kind} {source.ref}" for source in flow.sources),
        )  # fmt: skip


def _flows(account: Account, park: Park | None, flow_set: FlowSet | None) -> Iterator[tuple[Flow, str]]:
    units = {part.flow.stream: part.unit for line in account.lines for part in line.inputs}
    if flow_set is None:
        pieces = {
            (part.flow.stream, part.flow.start, part.flow.end): part.flow
            for line in account.lines
            for part in line.inputs
        }
        listed = [pieces[key] for key in sorted(pieces)]
    else:
        listed = [flow for stream in sorted(flow_set.pieces) for flow in flow_set.pieces[stream]]
    for flow in listed:
        code = view.commodity_of(park, flow.stream)
        known = park.commodities.get(code) if park else None
        yield flow, known.unit if known else units.get(flow.stream, "")


_CHOICES = (
    ("编号", "id"), ("选取", "chosen"), ("未核实", "unverified"), ("另选", "alternative"), ("数字", "total"),
    ("另选之值", "value with it"), ("现值", "value now"), ("题目", "about"), ("选取（中文）", "chosen in Chinese"),
    ("另选（中文）", "alternative in Chinese"), ("理由", "reason in Chinese"), ("reason", "reason"),
    ("文件", "document"),
)  # fmt: skip


def choices(sheet: Sheet, account: Account) -> None:
    """Write every choice with the totals that each alternative would change; unverified only where it matters here."""
    sheet.head(*_CHOICES)
    for choice in open_choices.ordered(account):
        about = (choice.id, choice.chosen, int(open_choices.is_open(account, choice)))
        title = " / ".join(dict.fromkeys(open_choices.title(choice, lang) for lang in ("zh", "en")))
        reasons = (open_choices.reason(choice, "zh"), choice.reason)
        rows: list[tuple[str, str, Decimal | None, Decimal | None]] = [
            (alternative, word, value, account.totals.get(word))
            for alternative, totals in open_choices.moved(account, choice).items()
            for word, value in totals.items()
        ]
        for row in rows or [("", "", None, None)]:
            names = (open_choices.option(choice, choice.chosen, "zh"), open_choices.option(choice, row[0], "zh"))
            sheet.add(*about, *row, title, *names, *reasons, choice.document)


_FINDINGS = (
    ("级别", "level"), ("代码", "code"), ("约 t CO₂", "about t CO₂"), ("数量", "amount"), ("单位", "unit"),
    ("文件", "file"), ("行", "line"), ("表计点", "point"), ("流", "stream"), ("节点", "node"), ("起", "from"),
    ("止", "to"), ("内容", "message"), ("题目", "title"), ("中文说明", "message in Chinese"),
)  # fmt: skip


def findings(sheet: Sheet, account: Account, park: Park | None) -> None:
    """Write every finding in the order of the account."""
    sheet.head(*_FINDINGS)
    zone = park.settings.zone if park else None
    weights = stake.intensities(account)
    streams = stake.point_streams(park) if park else {}
    for finding in account.findings:
        where = finding.where
        sheet.add(
            finding.level, finding.code, stake.at_stake(finding, weights, streams), finding.amount, finding.unit,
            where.file, where.line, where.point, where.stream, where.node,
            show.instant(finding.start, zone) if finding.start else None,
            show.instant(finding.end, zone) if finding.end else None,
            finding.message, tell.title_of(finding, "zh"), tell.sentence(finding, "zh", park),
        )  # fmt: skip


_README_NOTES = (
    ("空格表示不知道，从不是 0。", "An empty cell means not known; it is never 0."),
    (
        "合计是公式，随 Lines 与 Energy 两页而变；Excel 用双精度数，末位与账册可差 1e-9。",
        "Totals are formulas over the sheets Lines and Energy; Excel computes in double precision, "
        "so last digits may differ by 1e-9.",
    ),
    ("每条因子的文件与状态见 Factors。", "The document and status of every factor stand on the sheet Factors."),
    ("未核实的口径选择决定区间，见 Choices。", "Unverified choices make the range; see the sheet Choices."),
)


def readme(sheet: Sheet, account: Account, park: Park | None, *, synthetic: bool) -> None:
    """Write status, boundary, method, coverage, the answer, and the mark of synthetic data."""
    sheet.head(("项", "item"), ("内容", "what"))
    sheet.add("园区 / park", f"{view.park_name(park, account, 'zh')} / {view.park_name(park, account, 'en')}")
    if synthetic:
        sheet.add("数据 / data", "合成数据，不是真实园区 / synthetic data, not a real park")
    sheet.add("年份 / year", account.year)
    sheet.add("方法 / method", account.method)
    sheet.add("边界 / boundary", account.boundary or "全部节点 / all nodes")
    sheet.add("状态 / status", " / ".join((account.status, *both(account.status))))
    for word, value in account.coverage.items():
        sheet.add(f"覆盖 / coverage: {word}", show.share(value))
    sheet.add("答案", view.answer(account, "zh"))
    sheet.add("answer", view.answer(account, "en"))
    for zh, en in _README_NOTES:
        sheet.add("说明 / note", f"{zh} {en}")
