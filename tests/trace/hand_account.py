"""A small park and its account of 2025, built by hand: every figure can be followed with a pencil.

Lines [t CO2]: gas 1,000,000 Nm3 x 0.0021622 t/Nm3 = 2,162.2; power rest 9,000 MWh x 0.8325 = 7,492.5; certificates
1,000 MWh x 0 = 0; power sent -200 MWh x 0.8325 = -166.5; heat 5,000 GJ x 0.11 = 550; lime 2,000 t x 0.683 = 1,366;
diesel not known. Sum 11,404.2. Energy: gas 1,300 + power 3,000 + heat 170.6 = 4,470.6 tce equivalent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lingtan.flows.model import CrossCheck, Flow, FlowSet, Source
from lingtan.inventory import rules
from lingtan.inventory.model import Account, Choice, EnergyLine, FactorUse, Line, LineInput, NodeAccount
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Boundary, Meter, Node, Park, Settings, Stream, VirtualPoint
from lingtan.reference.model import Commodity, FactorRow

ZONE = ZoneInfo("Asia/Shanghai")
D = Decimal


def month(number: int) -> datetime:
    """First instant of a month of 2025 in the park's zone; 13 is January 2026."""
    year, rest = divmod(number - 1, 12)
    return datetime(2025 + year, rest + 1, 1, tzinfo=ZONE).astimezone(UTC)


START, END = month(1), month(13)


def commodity(code: str, kind: str, unit: str, zh: str, *, fossil: bool | None = None) -> Commodity:
    return Commodity(code, kind, unit, name_zh=zh, name_en=code.replace("_", " "), fossil=fossil, lineage=(code,))


COMMODITIES = {
    row.code: row
    for row in (
        commodity("natural_gas", "fuel", "Nm3", "天然气", fossil=True),
        commodity("diesel", "fuel", "t", "柴油", fossil=True),
        commodity("electricity", "electricity", "kWh", "电力"),
        commodity("heat", "heat", "GJ", "热力"),
        commodity("lime", "product", "t", "石灰"),
    )
}

STREAMS = {
    stream.id: stream
    for stream in (
        Stream("S-GAS", "natural_gas", "GASNET", "E01", used_as="final_fuel"),
        Stream("S-EL", "electricity", "GRID", "E01", made_as="grid_supply"),
        Stream("S-OUT", "electricity", "E02", "GRID"),
        Stream("S-HEAT", "heat", "HEATNET", "E02"),
        Stream("S-LIME", "lime", "E02", "MARKET", made_as="process_output"),
        Stream("S-DIESEL", "diesel", "MARKET", "E02", used_as="final_fuel"),
    )
}

PARK = Park(
    settings=Settings("demo", name_zh="手算园区", name_en="Hand-made park", country="CN", default_boundary="B1"),
    boundaries={"B1": Boundary("B1", "approved")},
    nodes={
        node.id: node
        for node in (
            Node("GRID", "grid", name_zh="电网", name_en="grid"),
            Node("GASNET", "fuel_network"),
            Node("HEATNET", "heat_network"),
            Node("MARKET", "market"),
            Node("E01", "enterprise", name_zh="板材厂", name_en="Board mill"),
            Node("E02", "enterprise", name_zh="石灰厂", name_en="Lime works"),
        )
    },
    streams=STREAMS,
    meters=(Meter("P-EL", "S-EL", "main", "counter", "kWh", serial="A1"),),
    virtual=(VirtualPoint("P-V", "S-OUT", "main", "kWh", "P-EL - P-2"),),
    commodities=COMMODITIES,
)


def row(subject: str, parameter: str, value: str, unit: str, **more: object) -> FactorRow:
    fields: dict[str, object] = {"document": "发改环资〔2025〕910号 annex 4", "status": "found2", "region": "CN"}
    return FactorRow(f"T:{subject}:{parameter}", subject, parameter, D(value), unit, **{**fields, **more})  # type: ignore[arg-type]


FACTORS = {
    "gas": row("natural_gas", "ef_co2", "21.622", "tCO2/1e4 Nm3", set_id="CN_NCSC", data_year=2023),
    "el": row("electricity", "ef_fossil", "0.8325", "kgCO2/kWh", data_year=2022),
    "heat": row("heat", "ef_co2", "0.11", "tCO2/GJ"),
    "lime": row("lime", "output_factor", "0.683", "tCO2/t", file="factors.csv", line=7, status="recalled"),
}
CANDIDATES = (
    *FACTORS.values(),
    replace(FACTORS["el"], id="T:electricity:ef_fossil:2023", value=D("0.8273"), data_year=2023),
)


def pieces(stream: str, monthly: str, origin: str, ref: str) -> tuple[Flow, ...]:
    """Twelve equal months from one source."""
    return tuple(
        Flow(
            stream,
            month(at),
            month(at + 1),
            D(monthly),
            origin,
            sources=(Source(origin, ref, month(at), month(at + 1), D(monthly), reporter="E01"),),
        )
        for at in range(1, 13)
    )


FLOWS = {
    "S-GAS": (
        Flow(
            "S-GAS", START, END, D(1_000_000), "invoice",
            sources=(
                Source("invoice", "statements/gas.csv:2", START, END, D(1_000_000), evidence=("evidence/g.pdf",)),
            ),
        ),
    ),
    "S-EL": pieces("S-EL", "833333.25", "meter", "P-EL"),
    "S-OUT": pieces("S-OUT", "16666.75", "virtual", "P-V"),
    "S-HEAT": pieces("S-HEAT", "416.75", "report", "statements/heat.csv:3"),
    "S-LIME": pieces("S-LIME", "166.75", "report", "statements/lime.csv:3"),
    "S-DIESEL": (Flow("S-DIESEL", START, END, None, "missing", resolved=D(0), known=D(0), notation="NE"),),
}  # fmt: skip

CHECKS = (
    CrossCheck(
        "S-EL", month(3), month(4), D("833333.25"), D("900000"),
        Source("invoice", "statements/power.csv:4", month(3), month(4), D("900000"), reporter="GRID"), D(5000), True,
    ),
)  # fmt: skip
FLOW_SET = FlowSet(START, END, FLOWS, CHECKS)


SIDES = {"fuel": "used", "process": "made"}


def line(
    stream: str, category: str, rule: str, *, arguments: dict[str, str], factor: str, share: str = "1", sign: int = 1,
    name: str = "", node: str = "E01", origin: str = "",
) -> Line:  # fmt: skip
    """A line whose amount is its rule applied to its arguments; months where the flow has twelve pieces."""
    numbers = {word: D(text) for word, text in arguments.items()}
    flows = FLOWS[stream]
    unit = COMMODITIES[STREAMS[stream].commodity].unit
    amount = rules.apply(rule, numbers)
    inputs = tuple(LineInput(flow, D(1), (flow.amount or D(0)) * D(share), unit) for flow in flows)
    months = tuple((f"2025-{at:02}", amount / 12) for at in range(1, 13)) if len(flows) == 12 else ()
    use = FACTORS[factor]
    key = next(word for word in numbers if word != "amount")
    return Line(
        id=name or f"{category}:{stream}", node=node, stream=stream, start=START, end=END, boundary="B1",
        method="cn-zcp-2025", category=category, scope="1" if category in ("fuel", "process") else "2",
        activity="final_fuel" if category == "fuel" else category, substance="CO2", amount_t=amount, co2e_t=amount,
        rule=rule, sign=sign, arguments=numbers, inputs=inputs, months=months, origin=origin,
        factors=(FactorUse(use.parameter, numbers[key], "t/unit", use),),
        side="sent" if sign < 0 else SIDES.get(category, "received"),
    )  # fmt: skip


LINES = (
    line("S-GAS", "fuel", "combustion_by_mass_factor", arguments={"amount": "1000000", "ef": "0.0021622"},
         factor="gas"),
    line("S-EL", "electricity", "electricity_by_origin", arguments={"amount": "8999.9991", "ef": "0.8325"}, factor="el",
         share="0.9", name="electricity:S-EL:grid_supply", origin="grid"),
    line("S-EL", "electricity", "electricity_by_origin", arguments={"amount": "999.9999", "ef": "0"}, factor="el",
         share="0.1", name="electricity:S-EL:certificates", origin="certificates"),
    line("S-OUT", "electricity", "electricity_by_origin", arguments={"amount": "-200.001", "ef": "0.8325"}, factor="el",
         sign=-1, node="E02"),
    line("S-HEAT", "heat", "heat_by_factor", arguments={"amount": "5001", "ef": "0.11"}, factor="heat", node="E02"),
    line("S-LIME", "process", "output_factor", arguments={"amount": "2001", "ef": "0.683"}, factor="lime", node="E02"),
    Line(
        id="fuel:S-DIESEL", node="E02", stream="S-DIESEL", start=START, end=END, boundary="B1", method="cn-zcp-2025",
        category="fuel", scope="1", activity="final_fuel", substance="CO2", amount_t=None, co2e_t=None, rule="",
        inputs=(LineInput(FLOWS["S-DIESEL"][0], D(1), None, "t"),), coverage=D(0), notation="NE",
        side="used",
    ),
)  # fmt: skip

CATEGORIES = ("fuel", "conversion", "electricity", "heat", "process")


def summed(category: str) -> Decimal | None:
    amounts = [part.co2e_t for part in LINES if part.category == category and part.co2e_t is not None]
    return sum(amounts, D(0)) if amounts else None


TOTAL = sum((part.co2e_t for part in LINES if part.co2e_t is not None), D(0))


def term(stream: str, tce: str, *, counted: bool = True, name: str = "final") -> EnergyLine:
    code = STREAMS[stream].commodity
    unit = COMMODITIES[code].unit
    return EnergyLine(f"energy:{stream}", stream, "E01", code, name, D(1), unit, D(tce) / 2, D(tce), counted=counted)


ENERGY = (term("S-GAS", "1300"), term("S-EL", "3000"), term("S-HEAT", "170.6"), term("S-LIME", "99", counted=False))
TCE = D("4470.6")

NODES = {
    "E01": NodeAccount(D("2162.2"), D("7492.49925075"), D(0)),
    "E02": NodeAccount(D("1366.683"), D("550.11"), D("166.5008325")),
}

CHOICES = (
    Choice(
        "electricity_equivalent", "0.30", ("0.28078", "0.31"), unverified=True, reason="no official figure",
        document="GB/T 2589-2020", effect={
            "0.28078": {"energy_tce_equivalent": D("4278.4"), "co2_t_per_tce": TOTAL / D("4278.4")},
            "0.31": {"energy_tce_equivalent": D("4570.6"), "co2_t_per_tce": TOTAL / D("4570.6")},
        },
    ),
    Choice("fossil_factor_year", "0.8325", ("0.8273",), effect={"0.8273": {"co2_t": TOTAL - D("45.76")}}),
)  # fmt: skip

FINDINGS = (
    Finding("deviation", "finding", "Invoice and meter differ.", Where(stream="S-EL"), month(3), month(4),
            D("66666.75"), "kWh"),
    Finding("factor_missing", "error", "=cmd|' /C calc'!A0 <b>diesel</b>", Where("streams.csv", 7, stream="S-DIESEL")),
    Finding("no_national_band", "note", "Below 200,000 tce."),
)  # fmt: skip

ACCOUNT = Account(
    park="demo",
    year=2025,
    method="cn-zcp-2025",
    boundary="B1",
    status="unverified",
    totals={
        "co2_t": TOTAL,
        "co2e_t": TOTAL,
        "energy_tce_calorific": TCE / 2,
        "energy_tce_equivalent": TCE,
        "co2_t_per_tce": TOTAL / TCE,
    },
    by_category={word: summed(word) for word in CATEGORIES},
    by_node=NODES,
    by_month={
        f"2025-{at:02}": sum(
            (amount for part in LINES for name, amount in part.months if name == f"2025-{at:02}"), D(0)
        )
        for at in range(1, 13)
    },
    by_gas={"CO2": TOTAL},
    coverage={
        "resolved": D("0.8"),
        "known": D("0.975"),
        "measured": D("0.5"),
        "reported": D("0.4"),
        "estimated": D("0.05"),
        "missing": D("0.05"),
    },
    choices=CHOICES,
    findings=FINDINGS,
    lines=LINES,
    energy=ENERGY,
)
