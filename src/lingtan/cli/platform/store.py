"""``lingtan store``: verify, rebuild, read as-of, back up and restore the store of readings."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from lingtan.cli import common
from lingtan.cli.words import say

if TYPE_CHECKING:
    from lingtan.ledger.park import Park
    from lingtan.store import Store

ACTIONS = ("verify", "rebuild", "as-of", "backup", "restore")


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``store``."""
    parser.add_argument("action", choices=ACTIONS, help=say("arg.store", lang))
    parser.add_argument("target", nargs="?", metavar="DIR", help=say("arg.store_target", lang))
    parser.add_argument("--root", required=True, metavar="DIR", help=say("arg.store_root", lang))
    parser.add_argument("--park", metavar="DIR", help=say("arg.store_park", lang))
    parser.add_argument("--time", metavar="TIME", help=say("arg.store_time", lang))
    parser.add_argument("--point", action="append", default=[], metavar="ID", help=say("arg.id", lang))
    parser.add_argument("--from", dest="start", metavar="TIME", help=say("arg.from", lang))
    parser.add_argument("--to", dest="end", metavar="TIME", help=say("arg.to", lang))
    common.shared_options(parser, lang)


def run(args: argparse.Namespace) -> int:
    """Do one action; the database is that of ``DATABASE_URL``."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise common.UserFault(say("store.no_database", args.lang))
    from lingtan import store as room

    store = room.Store(Path(args.root), url)
    if args.action in {"backup", "restore"} and not args.target:
        raise common.UserFault(say("store.no_target", args.lang))
    if args.action == "verify":
        return _verify(store, args)
    if args.action == "as-of":
        return _as_of(store, args)
    if args.action == "rebuild":
        nouns = _nouns(args)
        common.emit_json(dict(room.rebuild(store, nouns.settings.id, nouns).rows))
        return common.DONE
    if args.action == "restore":
        room.prepare(store)
    done = (room.backup if args.action == "backup" else room.restore)(store, Path(args.target))
    common.emit_json({"generation": done.generation, "digest": done.digest, "files": len(done.files)})
    return common.DONE


def _verify(store: Store, args: argparse.Namespace) -> int:
    """Print what is not as the manifest says; orphans are harmless."""
    from lingtan import store as room

    nouns = {own.settings.id: own} if args.park and (own := _nouns(args)) else None
    faults = room.verify(store, nouns)
    common.emit_json([asdict(fault) for fault in faults])
    return common.FOUND if any(fault.what != "orphan" for fault in faults) else common.DONE


def _as_of(store: Store, args: argparse.Namespace) -> int:
    """Print the readings that were known at an instant."""
    from lingtan import store as room

    park = _nouns(args)
    zone = park.settings.zone
    when, start, end = (_instant(text, zone) for text in (args.time, args.start, args.end))
    with room.view(store, of=when) as seen:
        for block in room.readings(seen, park.settings.id, args.point or None, start, end, edge=0):
            for row in block.iter_rows(named=True):
                common.emit(f"{row['point']},{row['time'].isoformat()},{row['value']!r}")
    return common.DONE


def _instant(text: str | None, zone: tzinfo) -> datetime | None:
    from lingtan.ledger.clock import parse_instant

    return None if text is None else parse_instant(text, zone).utc


def _nouns(args: argparse.Namespace) -> Park:
    """Read the park that the store's points belong to."""
    from lingtan.ledger import folder

    if not args.park:
        raise common.UserFault(say("store.no_park", args.lang))
    return folder.read(Path(args.park)).park
