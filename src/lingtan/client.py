"""A typed client of the platform's API, on nothing but the standard library.

>>> client = Client("https://park.example", token="lt_…")
>>> for point in client.records("P1", "points", role="main"):
...     print(point["point"], point["multiplier"])

Numbers come as exact digits in text where the register keeps decimals; write them as `decimal.Decimal`, int or text.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ApiError", "Client", "Fault", "Record"]

PAGE = 500
WAITS = 3
#: Statuses of a proxy whose server is away for the moment.
MOMENT = (502, 503, 504)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the platform found wrong: where, in which field, why."""

    place: str
    field: str
    message: str


class ApiError(Exception):
    """An answer that is a problem (RFC 9457).

    Attributes
    ----------
    status, code : HTTP status and the stable word of the problem.
    title, detail : what is wrong and what to do, in the client's language.
    type : address of the kind of problem.
    faults : every value that was not accepted.
    request_id : what those who run the platform ask for.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, title: str = "", faults: Sequence[Fault] = (),
        request_id: str = "",
    ) -> None:  # fmt: skip
        named = "".join(f"\n  {one.place} {one.field}: {one.message}" for one in faults)
        super().__init__(f"{status} {code}: {detail}{named} (request {request_id})")
        self.status, self.code, self.detail = status, code, detail
        self.title, self.type = title, f"urn:lingtan:problem:{code}"
        self.faults, self.request_id = tuple(faults), request_id


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Client:
    """The API of one platform under one token.

    Attributes
    ----------
    base : address of the platform, such as ``https://park.example``.
    token : key of a token; it goes over https only, except to this machine.
    language : of messages, ``zh-hans`` or ``en``.
    timeout : seconds to wait for an answer.
    """

    base: str
    token: str = field(repr=False)
    language: str = "zh-hans"
    timeout: float = 60.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError(f"Expected an https:// address, got {self.base}: a token is not sent in the clear.")

    def parks(self) -> list[Record]:
        """Return the parks that the token's owner has a part in."""
        held: list[Record] = self._send("GET", "/parks").json()["items"]
        return held

    def records(self, park: str, register: str, **filters: Any) -> Iterator[Record]:
        """Give the records of a register page by page; ``filters`` as the API takes them, also ``q`` and ``fields``."""
        yield from self._pages(f"/parks/{_part(park)}/{_part(register)}", filters)

    def get(self, park: str, register: str, key: int) -> Record:
        """Return one record; `ApiError` 404 where there is none that the owner may see."""
        held: Record = self._send("GET", f"/parks/{_part(park)}/{_part(register)}/{key}").json()
        return held

    def create(
        self, park: str, register: str, values: Mapping[str, Any], *, reason: str = "", key: str | None = None
    ) -> Record:
        """Make a record; sent again with the same ``key`` (by default one made here) it is made once."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        path = f"/parks/{_part(park)}/{_part(register)}"
        made: Record = self._send("POST", path, {"reason": reason or None}, body=values, headers=headers).json()
        return made

    def change(
        self, park: str, register: str, record: Record, values: Mapping[str, Any], *, reason: str = ""
    ) -> Record:
        """Change a record that was read; `ApiError` 412 where somebody else has changed it since."""
        headers = {"If-Match": f'"{record["version"]}"'}
        path = f"/parks/{_part(park)}/{_part(register)}/{record['id']}"
        changed: Record = self._send("PATCH", path, {"reason": reason or None}, body=values, headers=headers).json()
        return changed

    def remove(self, park: str, register: str, record: Record, *, reason: str = "") -> None:
        """Remove a record that was read; `ApiError` 412 where somebody else has changed it since."""
        headers = {"If-Match": f'"{record["version"]}"'}
        path = f"/parks/{_part(park)}/{_part(register)}/{record['id']}"
        self._send("DELETE", path, {"reason": reason or None}, headers=headers)

    def accounts(self, park: str, **which: Any) -> Iterator[Record]:
        """Give computed accounts: ``year``, ``method``, ``boundary``, ``former``."""
        yield from self._pages(f"/parks/{_part(park)}/accounts", which)

    def account(self, park: str, key: int) -> Record:
        """Return one account with the keys of ``lingtan account --json``."""
        held: Record = self._send("GET", f"/parks/{_part(park)}/accounts/{key}").json()
        return held

    def figures(self, park: str, **which: Any) -> Iterator[Record]:
        """Give figures: ``year``, ``method``, ``boundary``."""
        yield from self._pages(f"/parks/{_part(park)}/figures", which)

    def figure(self, park: str, name: str, **which: Any) -> Record:
        """Return a figure such as ``total:co2_t`` with its explanation."""
        held: Record = self._send("GET", f"/parks/{_part(park)}/figures/{_part(name)}", which).json()
        return held

    def flows(self, park: str, **which: Any) -> Iterator[Record]:
        """Give flows by month: ``year``, ``stream``, ``since``, ``until`` (months ``2025-01``)."""
        yield from self._pages(f"/parks/{_part(park)}/flows", which)

    def series(
        self, park: str, points: Sequence[str], start: datetime, end: datetime, *, step: str = "reading"
    ) -> bytes:
        """Return readings or amounts of points over [start, end) as an Arrow IPC stream.

        Open it with ``pyarrow.ipc.open_stream(data).read_all()``; ``step`` is reading, hour, day or month.
        """
        asked = {"point": list(points), "from": start, "to": end, "step": step}
        return self._send("GET", f"/parks/{_part(park)}/series", asked).body

    def frame(
        self, park: str, points: Sequence[str], start: datetime, end: datetime, *, step: str = "reading"
    ) -> pl.DataFrame:
        """Return what `series` gives as a frame of Polars, which has to be installed."""
        import polars as pl

        return pl.read_ipc_stream(self.series(park, points, start, end, step=step))

    def _pages(self, path: str, asked: Mapping[str, Any]) -> Iterator[Record]:
        cursor = None
        while True:
            page = self._send("GET", path, {"limit": PAGE, **asked, "cursor": cursor}).json()
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _send(
        self, method: str, path: str, asked: Mapping[str, Any] | None = None, *, body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:  # fmt: skip
        """Send a request; three times more where that is safe.

        One that comes too often waits as it is told. One whose answer was lost, or that a proxy refused for the moment,
        is sent again where it changes nothing or carries a key that keeps it from being done twice.
        """
        query = urlencode({k: _plain(v) for k, v in (asked or {}).items() if v is not None}, doseq=True)
        address = f"{self.base.rstrip('/')}/api/v1{path}" + (f"?{query}" if query else "")
        data = None if body is None else json.dumps(body, default=_plain, ensure_ascii=False).encode()
        given = {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language, **(headers or {})}
        if data is not None:
            given["Content-Type"] = "application/json"
        request = Request(address, data=data, headers=given, method=method)  # noqa: S310 - the scheme was checked above
        safe = method == "GET" or "Idempotency-Key" in given
        for waited in range(WAITS + 1):
            try:
                with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                    return _Answer(answer.read(), dict(answer.headers))
            except HTTPError as wrong:
                again = wrong.code == 429 or (safe and wrong.code in MOMENT)
                if not again or waited == WAITS:
                    raise _problem(wrong) from None
                pause = _pause(wrong.headers.get("Retry-After"), waited)
            except OSError:
                if not safe or waited == WAITS:
                    raise
                pause = float(2**waited)
            time.sleep(pause)
        raise AssertionError("unreachable")


def _pause(told: str | None, waited: int) -> float:
    """Return the seconds to wait: as told, else longer each time; a minute at most."""
    return min(60.0, float(told)) if told and told.isdecimal() else float(2**waited)


def _part(text: str) -> str:
    return quote(text, safe="")


def _plain(value: Any) -> Any:
    """Write a value as the API takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"Expected a time with its zone, got {value.isoformat()}.")
    return value.isoformat() if isinstance(value, date) else value


def _problem(wrong: HTTPError) -> ApiError:
    try:
        said = json.loads(wrong.read())
        faults = tuple(Fault(**one) for one in said.get("errors", ()))
        return ApiError(
            wrong.code, said["code"], said["detail"], title=said["title"], faults=faults,
            request_id=said["request_id"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(wrong.code, "no-problem", str(wrong.reason), request_id=wrong.headers.get("X-Request-ID") or "")
