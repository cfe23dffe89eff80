"""HTTP push: ``POST /v1/readings`` with a gateway's token; 200 is said only of what is durable.

| answer | what it says | what the gateway does |
|---|---|---|
| 200 | durable; the body counts accepted, waiting, refused | forgets the batch |
| 400, 413, 415 | cannot be read, too large, no such encoding; nothing stored | mends it; the same bytes fail again |
| 401 | no token or one that no source has | asks the operator |
| 429, 503 | too much at once, or the store is away; nothing stored | sends the same batch again after ``Retry-After`` |
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from lingtan.ingest.config import HttpOptions, Settings
from lingtan.ingest.decode import Envelope
from lingtan.ingest.intake import Intake, deliver, digest
from lingtan.ingest.model import Answer, Fault, Refused, Unavailable

PATH = "/v1/readings"
_PIECE = 64 * 1024
_PATIENCE_S = 60.0
_AT_ONCE = 8
_MOST_KEY = 200


@dataclass(frozen=True, slots=True)
class _Desk:
    """The sources that push, by the digest of their token, and how many bodies each may have in work."""

    intakes: Mapping[str, Intake]
    turns: Mapping[str, asyncio.Semaphore] = field(default_factory=dict)


class _TooLargeError(Exception):
    """A body beyond its bound, as sent or when unpacked."""


async def serve(settings: Settings, intakes: list[Intake]) -> web.AppRunner:
    """Listen on the configured address; returns the running server, to be cleaned up by the caller.

    Raises
    ------
    OSError : the address is taken or not this machine's.
    """
    desk = _Desk(
        {_token(intake): intake for intake in intakes},
        {intake.source.id: asyncio.Semaphore(_AT_ONCE) for intake in intakes},
    )
    app = web.Application(client_max_size=settings.limits.max_body)

    async def take(request: web.Request) -> web.Response:
        return await _take(request, desk)

    async def live(request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    app.router.add_post(PATH, take)
    app.router.add_get("/live", live)
    # Unpacking is ours: the library's would expand a body without bound.
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=10.0)
    await runner.setup()
    host, port = settings.listen or ("127.0.0.1", 0)
    await web.TCPSite(runner, host, port, ssl_context=_tls(settings), backlog=512).start()
    return runner


def _token(intake: Intake) -> str:
    options = intake.source.options
    return options.token_sha256 if isinstance(options, HttpOptions) else ""


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key)
    return context


async def _take(request: web.Request, desk: _Desk) -> web.Response:
    """Answer one delivery."""
    intake = _known(request, desk.intakes)
    if intake is None:
        return _no(401, Fault("no_token", "Authorization", "Bearer and the gateway's token", "none that is known"))
    turn = desk.turns[intake.source.id]
    if turn.locked():
        return _no(429, Fault("too_many", "request", f"at most {_AT_ONCE} deliveries at once", "more"), retry_s=1)
    async with turn:
        try:
            body = await _body(request, intake)
        except _TooLargeError as fault:
            return _no(413, Fault("too_large", "body", str(fault), "more", "send it in parts"))
        except (zlib.error, LookupError) as fault:
            todo = "send it plain, or as gzip"
            return _no(415, Fault("bad_encoding", "Content-Encoding", "identity or gzip", str(fault), todo))
        return await _answered(request, intake, body)


async def _answered(request: web.Request, intake: Intake, body: bytes) -> web.Response:
    key = request.headers.get("Idempotency-Key") or request.query.get("batch") or digest(body)
    if len(key) > _MOST_KEY:
        return _no(400, Fault("bad_key", "Idempotency-Key", f"at most {_MOST_KEY} characters", str(len(key))))
    envelope = Envelope(most=intake.limits.max_expanded)
    # Shielded: a delivery whose gateway hangs up is finished all the same, and known when it comes again.
    work = asyncio.create_task(deliver(intake, body, key, envelope=envelope))
    try:
        answer = await asyncio.wait_for(asyncio.shield(work), _PATIENCE_S)
    except Refused as fault:
        return _no(400, fault.fault)
    except Unavailable as fault:
        return _no(503, Fault("store_away", "store", "a store that takes readings", str(fault)), retry_s=5)
    except TimeoutError:
        work.add_done_callback(_quiet)
        return _no(503, Fault("store_slow", "store", f"an answer within {_PATIENCE_S:.0f} s", "none"), retry_s=10)
    return web.json_response(answer.as_json())


def _quiet(work: asyncio.Task[Answer]) -> None:
    """Take note of how abandoned work ended, so that its fault is not told as forgotten."""
    if not work.cancelled():
        work.exception()


def _known(request: web.Request, intakes: Mapping[str, Intake]) -> Intake | None:
    """Find the source of a token; every digest is compared in the same time."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        return None
    came = hashlib.sha256(token.strip().encode()).hexdigest()
    found = None
    for wanted, intake in intakes.items():
        if hmac.compare_digest(came, wanted):
            found = intake
    return found


async def _body(request: web.Request, intake: Intake) -> bytes:
    """Read a body piece by piece within its bounds."""
    limits = intake.limits
    if (request.content_length or 0) > limits.max_body:
        raise _TooLargeError(f"at most {limits.max_body} bytes")
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise LookupError(encoding)
    pieces = _bounded(request.content.iter_chunked(_PIECE), limits.max_body)
    if encoding == "gzip":
        return await _unpacked(pieces, limits.max_expanded)
    return b"".join([piece async for piece in pieces])


async def _bounded(pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    total = 0
    async for piece in pieces:
        total += len(piece)
        if total > most:
            raise _TooLargeError(f"at most {most} bytes")
        yield piece


async def _unpacked(pieces: AsyncIterator[bytes], most: int) -> bytes:
    """Unpack gzip without ever holding more than the bound."""
    machine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    made = bytearray()
    async for piece in pieces:
        rest = piece
        while rest:
            made += machine.decompress(rest, most + 1 - len(made))
            if len(made) > most:
                raise _TooLargeError(f"at most {most} bytes when unpacked")
            rest = machine.unconsumed_tail
    if not machine.eof:
        raise zlib.error("a gzip body that ends too early")
    return bytes(made)


def _no(status: int, fault: Fault, *, retry_s: int = 0) -> web.Response:
    headers = {"Retry-After": str(retry_s)} if retry_s else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response({"faults": [fault.as_json()]}, status=status, headers=headers)
