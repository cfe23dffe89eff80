"""Computed accounts, figures and month flows in the API; they are read, never computed, here."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema
from pydantic import Field

from lingtan.web.account.run import Figure, MonthFlow, Run
from lingtan.web.api.answers import page, plain
from lingtan.web.api.keys import gate
from lingtan.web.api.records import READ, Key, ParkCode, known_only, problems
from lingtan.web.api.schemas import Digits, Moment, Strict, Text, page_of
from lingtan.web.kernel.pages import today_in

router = Router(tags=["account"])


class RunGiven(Schema):
    """One computed account. ``method`` names method and set as pages do, ``totals`` are those of the result."""

    id: int
    year: int
    method: str
    boundary: str
    status: str
    computed: Moment
    input_sha256: str
    code_version: str
    current: bool
    totals: dict[str, Any]


class FigureGiven(Schema):
    """A figure: exact digits, unit, and the account that it belongs to."""

    id: int
    name: str
    value: Digits | None
    unit: str
    year: int
    account: int


class FlowGiven(Schema):
    """The adopted amount of a stream in a month; null where nothing is known, never 0 for missing."""

    id: int
    stream: str
    month: str
    amount: Digits | None
    unit: str
    origin: str
    resolved: float
    known: float
    flags: list[str]


class Which(Strict):
    """Which accounts: of all years, methods and boundaries where left out; only those that hold."""

    year: int | None = Field(None, ge=1900, le=2100)
    method: Text | None = Field(None, max_length=64)
    boundary: Text | None = Field(None, max_length=64)


class Paged(Which):
    """Which rows, and which page of them."""

    cursor: Text | None = Field(None, max_length=64)
    limit: int = Field(100, ge=1, le=1_000)


class AccountsQuery(Paged):
    """Which accounts; with ``former`` also those that a newer one has superseded."""

    former: bool = False


class FlowsQuery(Paged):
    """Which flows; ``since`` and ``until`` are months, both inside."""

    stream: Text | None = Field(None, max_length=64)
    since: Text | None = Field(None, pattern=r"^[0-9]{4}-[0-9]{2}$")
    until: Text | None = Field(None, pattern=r"^[0-9]{4}-[0-9]{2}$")


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.pk, "year": run.year, "method": run.variant, "boundary": run.boundary, "status": run.status,
        "computed": run.ended.isoformat(), "input_sha256": run.input_digest, "code_version": run.code_version,
        "current": run.superseded_by_id is None, "totals": run.result.get("totals", {}),
    }  # fmt: skip


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "id": figure.pk, "name": figure.name, "value": _digits(figure.value), "unit": figure.unit, "year": figure.year,
        "account": figure.run_id,
    }  # fmt: skip


def _flow(flow: MonthFlow) -> dict[str, Any]:
    return {
        "id": flow.pk, "stream": flow.stream.code, "month": flow.month, "amount": _digits(flow.amount),
        "unit": flow.unit, "origin": flow.origin, "resolved": flow.resolved, "known": flow.known, "flags": flow.flags,
    }  # fmt: skip


def _digits(value: Any) -> str | None:
    return None if value is None else format(value, "f")


def _of(which: Which, prefix: str = "") -> dict[str, Any]:
    """Return the conditions on runs; ``prefix`` is the way to them."""
    named = {"year": which.year, "variant": which.method, "boundary": which.boundary}
    return {f"{prefix}{name}": value for name, value in named.items() if value is not None}


@router.get(
    "/parks/{park}/accounts", response={200: page_of("RunGiven", RunGiven), **problems(*READ)},
    operation_id="list_accounts", summary="Computed accounts of the park",
)  # fmt: skip
def accounts(request: HttpRequest, asked: Query[AccountsQuery], park: str = ParkCode) -> HttpResponse:
    """List accounts; an enterprise sees no account of the park, only its own figures and flows."""
    gate(request, park, "read")
    known_only(request, *AccountsQuery.model_fields)
    rows = Run.objects.visible_to(request.access).filter(**_of(asked)).defer("more")
    if not asked.former:
        rows = rows.filter(superseded_by__isnull=True)
    return page(rows, limit=asked.limit, cursor=asked.cursor, tell=_run)


@router.get(
    "/parks/{park}/accounts/{key}", response={200: dict[str, Any], **problems(*READ)}, operation_id="get_account",
    summary="One account",
)  # fmt: skip
def account(request: HttpRequest, park: str = ParkCode, key: int = Key) -> HttpResponse:
    """Give an account with the stable keys of `lingtan account --json`."""
    gate(request, park, "read")
    known_only(request)
    return plain(get_object_or_404(Run.objects.visible_to(request.access), pk=key).result)


@router.get(
    "/parks/{park}/figures", response={200: page_of("FigureGiven", FigureGiven), **problems(*READ)},
    operation_id="list_figures", summary="Figures of the accounts that hold",
)  # fmt: skip
def figures(request: HttpRequest, asked: Query[Paged], park: str = ParkCode) -> HttpResponse:
    """List figures that the person may see."""
    gate(request, park, "read")
    known_only(request, *Paged.model_fields)
    rows = Figure.objects.visible_to(request.access).filter(run__superseded_by__isnull=True, **_of(asked, "run__"))
    return page(rows.defer("explanation"), limit=asked.limit, cursor=asked.cursor, tell=_figure)


@router.get(
    "/parks/{park}/figures/{name}", response={200: dict[str, Any], **problems(*READ)}, operation_id="get_figure",
    summary="One figure with its explanation",
)  # fmt: skip
def figure(
    request: HttpRequest,
    asked: Query[Which],
    park: str = ParkCode,
    name: str = Path(..., max_length=200, description="Such as total:co2_t, as `lingtan explain` takes it."),
) -> HttpResponse:
    """Give the newest figure of a name with the whole chain behind it, as `lingtan explain --json` does."""
    from lingtan.web.account.pages.evidence import mask_of
    from lingtan.web.account.pages.explained import exported

    gate(request, park, "read")
    known_only(request, *Which.model_fields)
    rows = Figure.objects.visible_to(request.access).prefetch_related("run")
    rows = rows.filter(name=name, run__superseded_by__isnull=True, **_of(asked, "run__"))
    held = rows.order_by("-year", "pk").first()
    return plain(_figure(held) | {"explanation": exported(held, mask_of(request))} if held else get_object_or_404(rows))


@router.get(
    "/parks/{park}/flows", response={200: page_of("FlowGiven", FlowGiven), **problems(*READ)},
    operation_id="list_flows", summary="Adopted flows by month",
)  # fmt: skip
def flows(request: HttpRequest, asked: Query[FlowsQuery], park: str = ParkCode) -> HttpResponse:
    """List the flows of the accounts that hold, of streams that the person may see."""
    gate(request, park, "read")
    known_only(request, *FlowsQuery.model_fields)
    named = {"stream__code": asked.stream, "month__gte": asked.since, "month__lte": asked.until}
    rows = MonthFlow.objects.visible_to(request.access).select_related("stream").filter(
        run__superseded_by__isnull=True, **_of(asked, "run__"), **{k: v for k, v in named.items() if v is not None}
    )  # fmt: skip
    return page(rows, limit=asked.limit, cursor=asked.cursor, tell=_flow)


class ParkGiven(Schema):
    """A park that the token's owner has a part in."""

    code: str
    name_zh: str
    name_en: str
    timezone: str
    grid_region: str
    default_boundary: str
    synthetic: bool
    roles: list[str]


@router.get(
    "/parks", response={200: page_of("ParkGiven", ParkGiven), **problems(401, 403, 405, 422, 429)},
    operation_id="list_parks", summary="Parks of the token's owner", tags=["parks"],
)  # fmt: skip
def parks(request: HttpRequest) -> HttpResponse:
    """List the parks that somebody has a part in today."""
    from lingtan.web.api.keys import allow
    from lingtan.web.people.access import access_of, parks_of

    allow(request.auth, "read")
    known_only(request)
    held = []
    for park in parks_of(request.user, date.max):
        access = access_of(request.user, park.pk, today_in(park))
        if access is not None and request.auth.park in (None, park):
            held.append(_park(park, sorted(access.roles)))
    return plain({"items": held, "next": None})


def _park(park: Any, roles: list[str]) -> dict[str, Any]:
    names = [name for name in ParkGiven.model_fields if name != "roles"]
    return {name: getattr(park, name) for name in names} | {"roles": roles}
