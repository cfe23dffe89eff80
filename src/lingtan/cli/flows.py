"""``lingtan flows``: the adopted flows as a table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from lingtan.cli import common
from lingtan.cli.table import render
from lingtan.cli.words import say
from lingtan.ledger import clock

_TICK = timedelta(microseconds=1)
STEPS = ("year", "month", "day", "hour", "interval")


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``flows``."""
    common.folder_options(parser, lang)
    parser.add_argument("--by", choices=("stream", "node", "point"), default="stream", help=say("arg.by", lang))
    parser.add_argument("--step", choices=STEPS, default="month", help=say("arg.step", lang))
    parser.add_argument("--from", dest="start", metavar="DATE", help=say("arg.from", lang))
    parser.add_argument("--to", dest="end", metavar="DATE", help=say("arg.to", lang))
    parser.add_argument("--year", type=int, help=say("arg.year", lang))
    parser.add_argument("--id", action="append", default=[], help=say("arg.id", lang))


def run(args: argparse.Namespace) -> int:
    """Print the flows of the span asked for; without one, of the last year with data."""
    book = common.open_book(args)
    zone = book.park.settings.zone
    start, end = _time("--from", args.start, zone, args.lang), _time("--to", args.end, zone, args.lang)
    if start is None:
        year = _year_before(end, zone) if end and args.year is None else common.year_of(book, args)
        book.window(year)  # refuses what is no year of the format before a date is made of it
        start = date(year, 1, 1)
    end = end or date((start.astimezone(zone) if isinstance(start, datetime) else start).year + 1, 1, 1)
    rows = book.flow_table(by=args.by, step=args.step, start=start, end=end, ids=tuple(args.id))
    if args.json:
        common.emit_json(rows)
    else:
        common.emit(_table(rows, args.lang) if rows else say("empty.flows", args.lang))
    return common.DONE


def _time(option: str, text: str | None, zone: tzinfo, lang: str) -> date | None:
    """Return a date as it is, and a time of day, in the park's zone or with its offset, as an instant."""
    if text is None:
        return None
    try:
        at = clock.parse_instant(text, zone)
    except clock.TimeError:
        raise common.UserFault(say("bad_date", lang, option=option, text=repr(text))) from None
    return clock.parse_date(text) if at.date_only else at.utc


def _year_before(end: date, zone: tzinfo) -> int:
    """Return the local year that a half-open span ends in."""
    last = end.astimezone(zone) - _TICK if isinstance(end, datetime) else end - timedelta(days=1)
    return last.year


def _table(rows: Sequence[Mapping[str, Any]], lang: str) -> str:
    from lingtan.trace import show
    from lingtan.trace.words import name

    columns = ("id", "commodity", "start", "end", "amount", "unit", "known", "resolved", "origin", "flags")
    body = [
        (
            str(row["id"]),
            str(row["commodity"] or ""),
            str(row["start"])[:16],
            str(row["end"])[:16],
            show.total(_decimal(row["amount"]), show.NOT_FILLED[lang]),
            str(row["unit"] or ""),
            show.share(_decimal(row["known"])),
            show.share(_decimal(row["resolved"])),
            name(str(row["origin"] or ""), lang),
            " ".join(row["flags"] or ()),
        )
        for row in rows
    ]
    return render([say(f"col.{column}", lang) for column in columns], body, right=(4, 6, 7))


def _decimal(value: float | None) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None
