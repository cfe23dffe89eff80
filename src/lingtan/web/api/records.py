"""The records of every register in the API: list, one, new, change, removal; made from their declarations."""

import json
from typing import Any

import pghistory
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Header, Path, Query, Router, Schema

from lingtan.web.api import schemas
from lingtan.web.api.answers import page, plain
from lingtan.web.api.keys import gate
from lingtan.web.api.once import once
from lingtan.web.api.problems import ProblemError, request_id
from lingtan.web.kernel import actions, lists
from lingtan.web.kernel.register import Register

#: Bytes of a body: the largest record has some 100 KB.
LARGEST_BODY = 1_000_000
READ = (401, 403, 404, 405, 422, 429)
WRITE = (400, *READ, 413, 415)
ParkCode = Path(..., description="The park's id.", max_length=64)
Key = Path(..., description="The record's id.", ge=1, le=2**63 - 1)
IfMatch = Header(None, alias="If-Match", description='The record\'s version as ETag gave it, such as "3".')
Reason = Query(None, max_length=500, description="Why; it stays with the record.")


def problems(*statuses: int) -> dict[int, Any]:
    """Name an operation's errors; the description gives all of them the one schema of a problem."""
    return dict.fromkeys(sorted(statuses))


def known_only(request: HttpRequest, *names: str) -> None:
    """Refuse parameters that mean nothing here: a filter that is misspelt would cut nothing."""
    errors = [
        {"place": "query", "field": name, "message": _("There is no such parameter here.")}
        for name in request.GET
        if name not in names
    ]
    if errors:
        raise ProblemError(422, errors=errors)


def router_of(register: Register) -> Router:
    """Make the operations of one record type."""
    router = Router(tags=[register.slug])
    name, path = register.slug.replace("-", "_"), f"/parks/{{park}}/{register.slug}"
    given = schemas.record_given(register)
    _reading(router, register, (name, path), given)
    _writing(router, register, (name, path), given)
    return router


def _reading(router: Router, register: Register, where: tuple[str, str], given: type[Schema]) -> None:
    name, path = where
    asked_for = schemas.filters(register)
    listed = schemas.page_of(given.__name__, schemas.partial(given))

    @router.get(path, response={200: listed, **problems(*READ)}, operation_id=f"list_{name}", summary=f"List {name}")
    def rows(request: HttpRequest, asked: Query[asked_for], park: str = ParkCode) -> HttpResponse:
        gate(request, park, "read")
        known_only(request, *asked_for.model_fields)
        return _list(request, register, asked)

    @router.get(
        f"{path}/{{key}}",
        response={200: given, **problems(*READ)},
        operation_id=f"get_{name}",
        summary=f"One of {name}",
    )
    def one(request: HttpRequest, park: str = ParkCode, key: int = Key) -> HttpResponse:
        gate(request, park, "read")
        known_only(request)
        return _one(request, register, _row(request, register, key))


def _writing(router: Router, register: Register, where: tuple[str, str], given: type[Schema]) -> None:
    name, path = where
    new, change = schemas.record_taken(register, whole=True), schemas.record_taken(register, whole=False)

    @router.post(
        path, response={201: given, **problems(*WRITE, 409)}, operation_id=f"create_{name}", summary=f"New in {name}"
    )
    def create(
        request: HttpRequest,
        body: new,
        park: str = ParkCode,
        reason: schemas.Text | None = Reason,
        key: str | None = Header(None, alias="Idempotency-Key", description="The same key gives the same answer."),
    ) -> HttpResponse:
        gate(request, park, "write")
        known_only(request, "reason")
        return once(request, key, lambda: _create(request, register, body, reason or ""))

    @router.patch(
        f"{path}/{{key}}", response={200: given, **problems(*WRITE, 412, 428)}, operation_id=f"change_{name}",
        summary=f"Change one of {name}",
    )  # fmt: skip
    def alter(
        request: HttpRequest,
        body: change,
        park: str = ParkCode,
        key: int = Key,
        reason: schemas.Text | None = Reason,
        version: str | None = IfMatch,
    ) -> HttpResponse:
        gate(request, park, "write")
        known_only(request, "reason")
        return _change(request, register, key, body, reason=reason or "", version=_version(version))

    @router.delete(
        f"{path}/{{key}}", response={204: None, **problems(*READ, 412, 428)}, operation_id=f"remove_{name}",
        summary=f"Remove one of {name}",
    )  # fmt: skip
    def remove(
        request: HttpRequest,
        park: str = ParkCode,
        key: int = Key,
        reason: schemas.Text | None = Reason,
        version: str | None = IfMatch,
    ) -> HttpResponse:
        gate(request, park, "write")
        known_only(request, "reason")
        return _remove(request, register, key, reason=reason or "", version=_version(version))


def _seen(request: HttpRequest, register: Register) -> tuple[str, ...]:
    return register.shown(register.fields, request.access)


def _row(request: HttpRequest, register: Register, key: int) -> Any:
    rows = register.model.objects.visible_to(request.access)
    return get_object_or_404(lists.with_related(register, register.fields, rows), pk=key)


def _list(request: HttpRequest, register: Register, asked: Any) -> HttpResponse:
    names = _chosen(register, request, asked.fields)
    rows = register.model.objects.visible_to(request.access).filter(
        lists.matching(register, asked.q or "", request.access)
    )
    for name in register.filters:
        value = getattr(asked, name)
        if value is not None:
            rows = rows.filter(**_cut(register, name, value, request))
    rows = lists.with_related(register, names, rows)
    return page(rows, limit=asked.limit, cursor=asked.cursor, tell=lambda row: schemas.told(register, row, names))


def _chosen(register: Register, request: HttpRequest, fields: str | None) -> tuple[str, ...]:
    seen = _seen(request, register)
    if fields is None:
        return seen
    wanted = [name.strip() for name in fields.split(",")]
    wrong = [name for name in wanted if name not in (*seen, "id", "version")]
    if wrong:
        message = _("There is no field %(name)s here.") % {"name": wrong[0][:64]}
        raise ProblemError(422, errors=[{"place": "query", "field": "fields", "message": message}])
    return tuple(name for name in seen if name in wanted)


def _cut(register: Register, name: str, value: str, request: HttpRequest) -> dict[str, Any]:
    if not register.shows(name, request.access):
        raise ProblemError(
            422, errors=[{"place": "query", "field": name, "message": _("There is no such parameter here.")}]
        )
    field = register.field(name)
    if field is not None and field.is_relation:
        return {f"{name}__code": value}
    if field is not None and field.get_internal_type() in ("BooleanField", "NullBooleanField"):
        return {name: value == "true"}
    return {name: value}


def _one(request: HttpRequest, register: Register, row: Any) -> HttpResponse:
    return plain(schemas.told(register, row, _seen(request, register)), etag=str(row.version))


def _create(request: HttpRequest, register: Register, body: Any, reason: str) -> tuple[dict[str, Any], str]:
    values = schemas.values_of(register, body, request.access)
    with _traced(request):
        row = actions.create(register, values, by=request.access, reason=reason)
    row = _row(request, register, row.pk)
    return schemas.told(register, row, _seen(request, register)), str(row.version)


def _traced(request: HttpRequest) -> Any:
    """Open the history's context with the request's id and the token that it came with."""
    return pghistory.context(request=request_id(request), token=request.auth.prefix, path=request.path[:200])


def _version(given: str | None) -> int:
    """Read If-Match; a record is never changed without saying which version was seen."""
    if given is None or given.strip() == "*":
        raise ProblemError(428)
    text = given.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        fault = {"place": "header", "field": "If-Match", "message": _('Expected a version such as "3".')}
        raise ProblemError(422, errors=[fault])
    return int(text)


def _change(
    request: HttpRequest, register: Register, key: int, body: Any, *, reason: str, version: int
) -> HttpResponse:
    row = _row(request, register, key)
    values = schemas.values_of(register, body, request.access)
    try:
        with _traced(request):
            actions.change(row, values, by=request.access, version=version, reason=reason)
    except actions.Stale as late:
        raise ProblemError(412, _stale(late.row.version)) from late
    return _one(request, register, _row(request, register, key))


def _stale(version: int) -> str:
    return _("The record has version %(version)s by now. Read it again.") % {"version": version}


def _remove(request: HttpRequest, register: Register, key: int, *, reason: str, version: int) -> HttpResponse:
    with transaction.atomic(), _traced(request):
        held = register.model.objects.visible_to(request.access).select_for_update(of=("self",))
        row = get_object_or_404(held, pk=key)
        if row.version != version:
            raise ProblemError(412, _stale(row.version))
        actions.remove(row, by=request.access, reason=reason)
    return HttpResponse(status=204)


def body_of(request: HttpRequest) -> Any:
    """Read a JSON body without losing digits; NaN, infinities and other media types are refused."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise ProblemError(413, _("Expected at most %(most)s bytes in one request.") % {"most": LARGEST_BODY})
    try:
        return json.loads(request.body, parse_float=schemas.decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as wrong:
        raise ProblemError(
            400, _("The body is no JSON object in UTF-8: %(why)s") % {"why": str(wrong)[:200]}
        ) from wrong


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")
