"""What the people of the demonstration have done so far, so that it opens on work under way and not on empty pages.

A monthly form for the last quarter of the example's year and what two enterprises made of it (accepted, returned, under
review, half filled in), a figure released and one proposed, an offer that waits for a second person, an upload with a
fault in it. All by the actions that pages call; amounts are those of the example park's own meters. Nothing is
done twice.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.report import Report

YEAR = 2025
FORM = "monthly"
#: Line, stream, unit, names, evidence.
LINES = (
    ("power_e01", "EL_GRID_E01", "MWh", "外购电力", "Purchased power", ""),
    ("gas_e01", "GAS_E01", "1e4 Nm3", "天然气", "Natural gas", "结算单 / settlement"),
    ("water_e01", "WA_E01", "m3", "新水", "Fresh water", ""),
    ("product_e01", "PR_E01", "t", "钢材产量", "Steel products", ""),
    ("power_e02", "EL_E02", "MWh", "外购电力", "Purchased power", ""),
    ("gas_e02", "GAS_E02", "1e4 Nm3", "天然气", "Natural gas", "结算单 / settlement"),
    ("steam_e02", "ST_E02", "GJ", "外购蒸汽", "Purchased steam", ""),
    ("water_e02", "WA_E02", "m3", "新水", "Fresh water", ""),
    ("product_e02", "PR_E02", "t", "食品产量", "Food", ""),
)
GROUPS = {"water": "water_waste", "product": "output"}
WHY = "按结算单填报 / as in the settlement"
#: Enterprise, month, lines left open, moves: who, action, reason.
REPORTS: tuple[tuple[str, int, int, tuple[tuple[str, str, str], ...]], ...] = (
    ("E01", 10, 0, (("reporter", "submit", ""), ("approver", "sign", ""), ("head", "take_up", ""),
                    ("head", "accept", "与结算单一致 / agrees with the settlement"))),
    ("E01", 11, 0, (("reporter", "submit", ""), ("approver", "sign", ""), ("head", "take_up", ""),
                    ("head", "return", "请核对新水 / please check fresh water"))),
    ("E01", 12, 2, ()),
    ("E02", 10, 0, (("reporter", "submit", ""), ("approver", "sign", ""), ("head", "take_up", ""))),
    ("E02", 11, 0, (("reporter", "submit", ""), ("approver", "sign", ""))),
    ("E02", 12, 0, (("reporter", "submit", ""),)),
)  # fmt: skip


def play(park: Park) -> list[str]:
    """Let the people do it, unless the form is there already; return addresses that only a message would name."""
    from lingtan.web.reporting.form import FormTemplate

    if FormTemplate.objects.filter(park=park, code=FORM).exists():
        return []
    form = define(park)
    for code, month, left, moves in REPORTS:
        report(form, code, month, left, moves)
    release(park)
    return [f"/invitation/{invite(park)}/", upload(park)]


def access(park: Park, name: str) -> Access:
    """Return what one of the people may do in the park."""
    from django.utils.timezone import localdate

    from lingtan.web.people.access import access_of
    from lingtan.web.people.user import User

    found = access_of(User.objects.get(username=name), park.pk, localdate())
    if found is None:
        raise SystemExit(f"{name} has no part in the example park; remove out/platform and run make demo again.")
    return found


def define(park: Park) -> Any:
    """Make the form of the last quarter, with the lines and reporters of two enterprises."""
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.node import Node
    from lingtan.web.reporting.form import FormLine, FormReporter, FormRule, FormTemplate

    form = FormTemplate.objects.create(
        park=park, code=FORM, name_zh="企业月报", name_en="Monthly report",
        valid_from=date(YEAR, 10, 1), valid_to=date(YEAR + 1, 1, 1),
    )  # fmt: skip
    for code in sorted({row[0] for row in REPORTS}):
        FormReporter.objects.create(park=park, form=form, enterprise=Node.objects.get(park=park, code=code))
    for order, (code, stream, unit, zh, en, evidence) in enumerate(LINES, start=1):
        FormLine.objects.create(
            park=park, form=form, order=order, code=code, unit=unit, name_zh=zh, name_en=en, evidence=evidence,
            stream=Stream.objects.get(park=park, code=stream), group=GROUPS.get(code.partition("_")[0], "energy"),
        )  # fmt: skip
    FormLine.objects.create(
        park=park, form=form, order=99, code="output_value", quantity="output_value", unit="1e4 CNY", group="output",
        name_zh="产值", name_en="Output value", metered_pct=None, needed=False,
    )  # fmt: skip
    FormRule.objects.create(
        park=park, form=form, expression="power_e01 / product_e01", low=Decimal("0.01"), high=Decimal(2),
        message_zh="每吨钢材用电应在 0.01 与 2 MWh 之间",
        message_en="Power per tonne of steel lies between 0.01 and 2 MWh",
    )  # fmt: skip
    return form


def report(form: Any, code: str, month: int, left: int, moves: tuple[tuple[str, str, str], ...]) -> None:
    """Fill in one report with what the meters say, and send it as far as it has come."""
    from lingtan.web.park.node import Node
    from lingtan.web.reporting import actions

    people = {name: access(form.park, name if name == "head" else f"{name}-{code.lower()}") for name in
              ("reporter", "approver", "head")}  # fmt: skip
    enterprise = Node.objects.get(park=form.park, code=code)
    made = actions.begin(form, enterprise, date(YEAR, month, 1), by=people["reporter"])
    fill(made, people["reporter"], left)
    for name, action, reason in moves:
        water = made.lines.filter(line__code__startswith="water").values_list("pk", flat=True)
        remarks = dict.fromkeys(water, reason) if action == "return" else {}
        actions.move(made, action, by=people[name], reason=reason, remarks=remarks)
        made.refresh_from_db()


def fill(made: Report, by: Access, left: int) -> None:
    """Type the metered amounts (those of last year where there is no meter) into all lines but the last ``left``."""
    from lingtan.web.reporting import actions
    from lingtan.web.reporting.beside import beside
    from lingtan.web.reporting.files import evidence

    rows = [row for row in made.lines.select_related("line").order_by("line__order") if row.line.stream_id]
    known = beside(made, [row.line for row in rows], by)
    for row in rows[: len(rows) - left]:
        told = known[row.line_id]
        amount = told.metered if told.metered is not None else told.last_year
        text = "" if amount is None else f"{amount:.2f}"
        answer = "not_occurring" if amount is None else ""
        actions.save_line(row, by=by, version=row.version, text=text, answer=answer, reason=WHY)
        if row.line.evidence:
            file = paper(f"{row.line.code}-{made.label}.txt", f"{WHY}: {text} {row.unit}\n")
            actions.attach(row, evidence.keep(row, file, by=by), by=by)


def paper(name: str, text: str) -> Any:
    """Return a small text file as it comes by upload."""
    from django.core.files.uploadedfile import InMemoryUploadedFile

    content = text.encode()
    return InMemoryUploadedFile(io.BytesIO(content), "file", name, "text/plain", len(content), "utf-8")


def release(park: Park) -> None:
    """Release one figure and a notice, propose another figure."""
    from lingtan.web.account.run import Figure
    from lingtan.web.publish import actions

    office, head = access(park, "office"), access(park, "head")
    park_wide = Figure.objects.filter(run__park=park, run__year=YEAR, node=None).order_by("run_id")
    for name, zh, en, now in (
        ("total:co2_t_per_tce", "单位能耗碳排放", "Carbon per unit of energy", True),
        ("total:co2_t", "二氧化碳排放总量", "Carbon dioxide in total", False),
    ):
        figure = park_wide.filter(name=name).first()
        if figure is not None:
            made = actions.propose_figure(figure, (zh, en), by=office)
            if now:
                actions.move(made, "release", by=head)
    texts = ("本页数据来自示例园区，均为合成数据。", "The figures of this page are those of a synthetic example park.")
    actions.move(actions.propose_notice(("数据说明", "About the data"), texts, by=office), "release", by=head)


def invite(park: Park) -> str:
    """Offer a role to somebody who has not answered yet (return the secret of his link), and one to be confirmed."""
    from django.utils.timezone import localdate

    from lingtan.web.park.node import Node
    from lingtan.web.people import actions
    from lingtan.web.people.user import User

    third = Node.objects.get(park=park, code="E03")
    reporter = actions.Ask(email="reporter-e03@example.org", role="reporter", reason="填报月报 / reports for E03",
                           park=park, enterprise=third)  # fmt: skip
    _made, secret = actions.offer(reporter, by=User.objects.get(username="office"))
    until = localdate() + timedelta(days=180)
    verifier = actions.Ask(
        email="verifier-2@example.org", role="verifier", reason="年度核查 / yearly verification", park=park,
        valid_to=until, period_from=date(YEAR, 1, 1), period_to=date(YEAR, 12, 31),
    )  # fmt: skip
    actions.offer(verifier, by=User.objects.get(username="security"))
    return secret


def upload(park: Park) -> str:
    """Upload prices of which one cannot be read; return the page on which the upload waits, its fault named."""
    from lingtan.web.kernel.register import registers
    from lingtan.web.sheets import batches

    prices = next(one for one in registers() if one.slug == "prices")
    content = "subject,component,from,to,value,currency,unit,note\nEL_GRID_U01,energy,2026-01-01,,0.6,CNY,kWh,\n"
    content += "EL_GRID_E01,energy,2026-01-01,,about 0.6,CNY,kWh,\n"
    batch = batches.check(prices, "prices-2026.csv", content.encode(), park=park, by=access(park, "office"))
    return f"/p/{park.code}/registers/prices/upload/{batch.pk}/"
