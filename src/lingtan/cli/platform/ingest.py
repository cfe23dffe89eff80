"""``lingtan ingest``: acquisition as a process of its own, and what an operator asks it beforehand."""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingtan.cli import common
from lingtan.cli.words import say

if TYPE_CHECKING:
    from lingtan.ingest.config import Settings


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the actions of ``ingest``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="{run,check,try,waiting,token}")
    for name in ("run", "check", "try", "waiting", "token"):
        text = say(f"help.ingest.{name}", lang)
        own = actions.add_parser(name, help=text, description=text)
        own.add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))
        if name != "token":
            own.add_argument("config", metavar="TOML", type=Path, help=say("arg.ingest.config", lang))
        if name == "run":
            own.add_argument("--store", metavar="DIR", type=Path, help=say("arg.ingest.store", lang))
        if name == "try":
            own.add_argument("source", help=say("arg.ingest.source", lang))
            own.add_argument("file", type=Path, help=say("arg.ingest.file", lang))
            own.add_argument("--topic", default="", help=say("arg.ingest.topic", lang))


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    missing = next((name for name in ("aiohttp", "paho", "pymodbus", "psycopg") if find_spec(name) is None), None)
    if missing:
        raise common.UserFault(say("ingest.not_installed", args.lang, name=missing))
    actions = {"run": _run, "check": _check, "try": _try, "waiting": _waiting, "token": _token}
    return actions[args.action](args)


def _run(args: argparse.Namespace) -> int:
    from lingtan import store
    from lingtan.ingest import service
    from lingtan.ingest.sink import StoreSink

    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise common.UserFault(say("ingest.no_database", args.lang))
    place = store.Store(args.store or args.config.resolve().parent / "store", url)

    def sink() -> StoreSink:
        store.prepare(place)
        return StoreSink(place)

    return service.run(
        args.config, sink, tell=common.tell, started=lambda port: common.tell(say("ingest.up", args.lang, port=port))
    )


def _check(args: argparse.Namespace) -> int:
    settings = _settings(args)
    common.emit_json(
        {
            one.id: {"kind": one.kind, "park": one.park, "points": one.tags.frame["point"].n_unique()}
            for one in settings.sources
        }
    )
    return common.DONE


def _try(args: argparse.Namespace) -> int:
    """Read a payload as a source would, and store nothing."""
    from lingtan.ingest.decode import Envelope, decode
    from lingtan.ingest.health import now
    from lingtan.ingest.settle import settle

    settings = _settings(args)
    source = next((one for one in settings.sources if one.id == args.source), None)
    if source is None:
        known = ", ".join(one.id for one in settings.sources)
        raise common.UserFault(say("ingest.no_source", args.lang, name=args.source, known=known))
    envelope = Envelope(args.topic, args.file.name, settings.limits.max_expanded)
    done = settle(
        decode(args.file.read_bytes(), source.template, envelope), source.template, source.tags, arrived=now()
    )
    common.emit_json(
        {
            "readings": [_plain(row) for row in done.ready.head(20).iter_rows(named=True)],
            "accepted": done.ready.height, "waiting": sorted(set(done.stray["tag"])), "blank": done.blank,
            "refused": done.refused, "faults": [fault.sentence() for fault in done.faults],
        }
    )  # fmt: skip
    return common.FOUND if done.refused else common.DONE


def _waiting(args: argparse.Namespace) -> int:
    from lingtan.ingest.rooms import look
    from lingtan.ingest.service import ROOMS_FILE

    strangers, refused = look(_settings(args).data / ROOMS_FILE)
    names = ("source", "tag", "rows", "first", "last", "value", "unit")
    common.emit_json(
        {"waiting": [{name: getattr(one, name) for name in names} for one in strangers], "refused": refused}
    )
    return common.DONE


def _token(args: argparse.Namespace) -> int:
    token = secrets.token_urlsafe(32)
    common.emit(token)
    common.emit(f'token_sha256 = "{hashlib.sha256(token.encode()).hexdigest()}"')
    return common.DONE


def _settings(args: argparse.Namespace) -> Settings:
    from lingtan.ingest.config import load

    return load(args.config)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "time": row["time"].isoformat()}
