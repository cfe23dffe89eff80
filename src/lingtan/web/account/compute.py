"""The job that makes runs: all years and methods of a park from one pass over its readings, stored whole or not at all.

Pages read runs only; nothing computes inside a request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from lingtan.web.account.making import gather, green
from lingtan.web.account.making.findings import keep_issues
from lingtan.web.account.making.places import places
from lingtan.web.account.methods import BASE, VARIANTS, Variant
from lingtan.web.account.move import keep_moves
from lingtan.web.account.run import Figure, MonthFlow, Run
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.programme.jobs import handler

if TYPE_CHECKING:
    from lingtan.book import Book
    from lingtan.flows.model import FlowSet
    from lingtan.inventory.model import Account
    from lingtan.trace import Explanation, Step
    from lingtan.web.park.park import Park

Progress = Callable[[str, int, int], None]
OPENING = noop("Opening the book")
READING = noop("Reading all meters")
ACCOUNTING = noop("Drawing the accounts")
EXPLAINING = noop("Explaining every figure")
FINDING = noop("Keeping the findings")
#: What other rooms keep of a pass: called with it and its runs, in the same transaction.
FOLLOWERS: list[Callable[[Pass, list[Run]], None]] = []


@dataclass(frozen=True, slots=True)
class Known:
    """The park's rows by code, so that figures say whose they are."""

    nodes: Mapping[str, int]
    streams: Mapping[str, int]

    @classmethod
    def of(cls, park: Park) -> Known:
        """Read the codes of a park."""
        nodes = dict(Node.objects.filter(park=park).values_list("code", "pk"))
        return cls(nodes, dict(Stream.objects.filter(park=park).values_list("code", "pk")))


@dataclass(slots=True)
class Pass:
    """One pass over a park: its book, accounts by year and variant, adopted flows by year."""

    park: Park
    book: Book
    boundary: str
    years: tuple[int, ...]
    known: Known
    asked_by: int | None
    started: datetime
    digest: str
    accounts: dict[tuple[int, str], Account] = field(default_factory=dict)
    flows: dict[int, FlowSet] = field(default_factory=dict)
    table: list[dict[str, Any]] = field(default_factory=list)


@handler("compute", title=_("Draw the account"))
def compute(
    progress: Any, park: Park, by: int | None, *, year: int | None = None, method: str = "", boundary: str = ""
) -> dict[str, Any]:
    """Make the runs of a park from its records; the job's result leads to the account of the year asked for."""
    from lingtan.web.park.folder import book

    began = timezone.now()  # what is changed from here on is not in the book that is read now
    runs = compute_now(park, book(park), boundary=boundary, by=by, progress=progress.step, began=began)
    wanted = [run for run in runs if run.variant == (method or BASE.key)]
    shown = next((run for run in wanted if run.year == year), wanted[-1])
    return {"link": reverse("account", args=[park.code]) + f"?period={shown.year}&method={shown.variant}"}


class NothingToCompute(Exception):  # noqa: N818
    """The park has neither readings nor statements; the message says what to do."""


def compute_now(
    park: Park, book: Book, *, boundary: str = "", by: int | None = None, progress: Progress | None = None,
    began: datetime | None = None,
) -> list[Run]:  # fmt: skip
    """Make and store the runs of all years and methods of a park's book; call it in one transaction.

    ``began`` is the instant at which the book's records were read: it tells which changes went into these runs.

    Raises
    ------
    NothingToCompute : the book has no year.
    """
    tell = progress or (lambda name, done, total: None)
    tell(OPENING, 0, 0)
    made = _open(park, book, boundary=boundary, by=by, began=began or timezone.now())
    _account(made, tell)
    first, last = made.years[0], made.years[-1]
    find = places(book, *book.window(first, last), slow=book.place)
    runs: list[Run] = []
    total = len(made.years) * len(VARIANTS)
    for year in made.years:
        base: Run | None = None
        for variant in VARIANTS:
            tell(EXPLAINING, len(runs), total)
            run = _store(made, year, variant=variant, base=base, place=find)
            base = base or run
            runs.append(run)
    tell(FINDING, 0, 0)
    keep_issues(park, book.park, accounts=made.accounts, runs=runs, nodes=made.known.nodes, streams=made.known.streams)
    for follow in FOLLOWERS:
        follow(made, runs)
    return runs


def _open(park: Park, book: Book, *, boundary: str, by: int | None, began: datetime) -> Pass:
    from lingtan.ledger import folder
    from lingtan.ledger.boundary import default_boundary

    years = book.years()
    if not years:
        raise NothingToCompute(
            "Expected readings or statements of at least one year, found none. Import readings, or accept a report."
        )
    digest = hashlib.sha256()
    for name, own in sorted(folder.digest(book.root).items()):
        digest.update(f"{name}\0{own}\n".encode())
    inside = boundary or default_boundary(book.park)
    return Pass(park, book, inside, years, Known.of(park), by, began, digest.hexdigest())


def _account(made: Pass, tell: Progress) -> None:
    """Draw the accounts of all years under every method."""
    from lingtan import flows

    book, first, last = made.book, made.years[0], made.years[-1]
    tell(READING, 0, 0)
    whole = book.series(*book.window(first, last))
    for number, variant in enumerate(VARIANTS):
        tell(ACCOUNTING, number, len(VARIANTS))
        drawn = book.accounts(first, last, variant.method, boundary=made.boundary, chosen=variant.chosen)
        for year, account in zip(range(first, last + 1), drawn, strict=True):
            made.accounts[year, variant.key] = account
    for year in made.years:
        rolled = whole.within(*book.window(year))
        made.flows[year] = flows.adopt(book.park, rolled, rolled.start, rolled.end)
    made.table = book.flow_table(by="stream", step="month", start=date(first, 1, 1), end=date(last + 1, 1, 1))


def _store(made: Pass, year: int, *, variant: Variant, base: Run | None, place: Any) -> Run:
    """Store one run with its figures; the first of a year also holds the flows."""
    from lingtan.inventory import present

    account = made.accounts[year, variant.key]
    told = _explanations(made, year, variant=variant, flows=base is None, place=place)
    keys = {code: made.known.nodes[code] for code in account.by_node if code in made.known.nodes}
    run = Run.objects.create(
        park=made.park, year=year, variant=variant.key, method=variant.method, boundary=made.boundary,
        chosen=dict(variant.chosen), status=account.status, started=made.started, ended=timezone.now(),
        asked_by_id=made.asked_by, input_digest=made.digest, code_version=version("lingtan"), flows_of=base,
        result=present.as_json(account),
        more={**gather.more(account, made.book.park), "bridges": _bridges(made, year, variant), "node_keys": keys},
    )  # fmt: skip
    Figure.objects.bulk_create(_figures(made, run, account, told), batch_size=200)
    if base is None:
        MonthFlow.objects.bulk_create(_month_flows(made, run), batch_size=2000)
    held = Run.objects.filter(
        park=made.park, variant=run.variant, boundary=run.boundary, year=year, superseded_by__isnull=True
    )
    former = held.exclude(pk=run.pk).order_by("-pk").first()
    held.exclude(pk=run.pk).update(superseded_by=run)
    if former is not None:
        keep_moves(run, former)
    return run


def _bridges(made: Pass, year: int, variant: Variant) -> dict[str, Any]:
    from lingtan.inventory import bridge

    own = made.accounts[year, variant.key]
    others = (other for other in VARIANTS if other.key != variant.key)
    return {other.key: bridge(own, made.accounts[year, other.key]).as_json() for other in others}


def _explanations(made: Pass, year: int, *, variant: Variant, flows: bool, place: Any) -> dict[str, Explanation]:
    """Return the explanation of every figure of a run; figures of flows stand in the first run of a year only."""
    from lingtan.trace import names

    account, adopted = made.accounts[year, variant.key], made.flows[year]
    explain = made.book.explainer(account, adopted, method=variant.method, place=place)
    wanted = names.known(account, adopted)
    told = {name: explain(name) for name in wanted if flows or not name.startswith(("flow:", "deviation:"))}
    by_line = {name.removeprefix("line:"): one for name, one in told.items() if name.startswith("line:")}
    for key, lines in gather.sources(account, made.book.park).items():
        told[f"source:{key}"] = gather.explained_source(key, lines, made.book.park, by_line)
    if variant is BASE:
        shared = green.direct_share(account, made.book.park, told)
        told.update({shared.figure: shared} if shared is not None else {})
    return told


def _figures(made: Pass, run: Run, account: Account, told: Mapping[str, Explanation]) -> Iterator[Figure]:
    lines = {line.id: line for line in account.lines}
    known = made.known
    for name, one in told.items():
        kind, _, key = name.partition(":")
        line = lines.get(key) if kind == "line" else None
        node = key if kind == "node" else line.node if line else ""
        stream = key if kind in ("flow", "deviation") else ""
        yield Figure(
            park=made.park,
            run=run,
            year=run.year,
            name=name[:200],
            value=one.value,
            unit=one.unit,
            node_id=known.nodes.get(node),
            stream_id=known.streams.get(stream),
            explanation=in_both(one),
        )


def in_both(one: Explanation) -> dict[str, Any]:
    """Return an explanation as plain JSON under its stable keys, with every sentence in Chinese beside the English."""
    return {
        **one.as_json(),
        "formula_zh": one.formula_zh or one.formula,
        "chain": [_step(step) for step in one.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    own = replace(step, steps=()).as_json()
    own["text_zh"] = step.text("zh")
    if step.steps:
        own["steps"] = [_step(below) for below in step.steps]
    return own


def _month_flows(made: Pass, run: Run) -> Iterator[MonthFlow]:
    for row in made.table:
        stream = made.known.streams.get(row["id"])
        if stream is not None and row["start"].startswith(f"{run.year}-"):
            amount = row["amount"]
            yield MonthFlow(
                park=made.park, run=run, year=run.year, stream_id=stream, month=row["start"][:7],
                amount=None if amount is None else Decimal(str(amount)), origin=row["origin"] or "",
                resolved=row["resolved"], known=row["known"], flags=row["flags"], unit=row["unit"] or "",
            )  # fmt: skip


__all__ = ["Known", "NothingToCompute", "compute_now", "in_both"]
