"""``lingtan reference``: what the library of factors holds, and a user's own copies beside it."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingtan.cli import common
from lingtan.cli.table import render
from lingtan.cli.words import say

if TYPE_CHECKING:
    from lingtan.reference import FactorRow

MAX_BYTES = 64 * 2**20
SHOWN = 200


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the commands of ``reference``."""
    common.shared_options(parser, lang)
    groups = parser.add_subparsers(dest="action", required=True, metavar="{find,show,tables,import}")
    made = {}
    for name in ("find", "show", "tables", "import"):
        text = say(f"help.{name}", lang)
        made[name] = groups.add_parser(name, help=text, description=text)
        made[name].add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=say("arg.json", lang))
        made[name].add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))
    made["find"].add_argument("words", nargs="+", metavar="WORDS", help=say("arg.words", lang))
    made["show"].add_argument("row", metavar="ID", help=say("arg.row", lang))
    made["import"].add_argument("file", metavar="FILE", help=say("arg.file", lang))
    made["import"].add_argument("--into", metavar="DIR", help=say("arg.into", lang))


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    return {"find": _find, "show": _show, "tables": _tables, "import": _import}[args.action](args)


def _find(args: argparse.Namespace) -> int:
    from lingtan.reference import library
    from lingtan.reference.search import search

    rows = search(library(), args.words)
    if args.json:
        common.emit_json([_plain(row) for row in rows])
    elif rows:
        common.emit(_listed(rows[:SHOWN], args.lang))
        if len(rows) > SHOWN:
            common.emit(say("more", args.lang, count=len(rows) - SHOWN))
    else:
        common.emit(say("none", args.lang))
    return common.DONE


def _listed(rows: Sequence[FactorRow], lang: str) -> str:
    columns = ("id", "subject", "parameter", "value", "unit", "region", "year", "status", "document")
    body = [
        (
            row.id, row.subject, row.parameter, str(row.value), row.unit, row.region, str(row.data_year or "—"),
            row.status, row.document,
        )
        for row in rows
    ]  # fmt: skip
    return render([say(f"col.{column}", lang) for column in columns], body, right=(3,))


def _plain(row: FactorRow) -> dict[str, Any]:
    from dataclasses import asdict
    from datetime import date
    from decimal import Decimal

    def value(item: Any) -> Any:
        if isinstance(item, Decimal):
            return float(item)
        return item.isoformat() if isinstance(item, date) else item

    return {name: value(item) for name, item in asdict(row).items()}


def _show(args: argparse.Namespace) -> int:
    from lingtan.reference import library

    rows = library().factors
    row = next((row for row in rows if row.id == args.row), None)
    if row is None:
        near = get_close_matches(args.row, [row.id for row in rows], n=4, cutoff=0.5)
        raise common.UserFault(say("no_row", args.lang, id=args.row, near=", ".join(near) or "—"))
    plain = _plain(row)
    if args.json:
        common.emit_json(plain)
    else:
        size = max(len(name) for name in plain)
        common.emit("\n".join(f"{name:<{size}}  {'—' if item in (None, '') else item}" for name, item in plain.items()))
    return common.DONE


def _tables(args: argparse.Namespace) -> int:
    from lingtan.reference import library

    shelf = library()
    counts = Counter(row.set_id for row in shelf.factors)
    if args.json:
        common.emit_json([{"set": name, "rows": counts[name]} for name in sorted(counts)])
        return common.DONE
    rows = []
    for name in sorted(counts):
        known = shelf.sets.get(name)
        title = (known.name_zh if args.lang == "zh" else known.name_en) if known else ""
        rows.append((name, str(counts[name]), title))
    common.emit(render([say(f"col.{column}", args.lang) for column in ("table", "rows", "document")], rows, right=(1,)))
    return common.DONE


def _import(args: argparse.Namespace) -> int:
    from lingtan.book import installed
    from lingtan.reference import library
    from lingtan.reference.tables import raw_names
    from lingtan.reference.user import read_table, tidy_text

    source = Path(args.file)
    table = read_table(_text(source, args.lang), library(), names=raw_names())
    errors = [fault for fault in table.faults if fault.level == "error"]
    for fault in table.faults:
        common.tell(f"{source}:{fault.line}: {fault.message}")
    target = Path(args.into or installed()) / "factors" / f"{source.stem}.csv"
    if errors or not table.rows:
        common.tell(say("import.faults", args.lang, count=len(errors)))
        return common.FOUND
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    draft.write_text(tidy_text(table.rows), encoding="utf-8", newline="")
    draft.replace(target)
    if args.json:
        common.emit_json({"file": str(target), "rows": len(table.rows), "layout": table.layout})
    else:
        common.emit(say("imported", args.lang, rows=len(table.rows), file=target))
    return common.DONE


def _text(source: Path, lang: str) -> str:
    if not source.is_file():
        raise common.UserFault(say("no_file", lang, file=source))
    if source.stat().st_size > MAX_BYTES:
        raise common.UserFault(f"{source}: > {MAX_BYTES // 2**20} MiB")
    try:
        return source.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise common.UserFault(say("not_text", lang, file=source)) from None
