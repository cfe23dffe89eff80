"""``lingtan bridge``: what differs between two methods."""

from __future__ import annotations

import argparse

from lingtan.cli import common
from lingtan.cli.table import render
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``bridge``."""
    common.folder_options(parser, lang)
    parser.add_argument("--from", dest="before", required=True, metavar="METHOD", help=say("arg.before", lang))
    parser.add_argument("--to", dest="after", required=True, metavar="METHOD", help=say("arg.after", lang))
    common.account_options(parser, lang, method=False)


def run(args: argparse.Namespace) -> int:
    """Print the steps from one method's total to the other's; exit code 1 when one of them is not known."""
    from lingtan.trace import show

    book = common.open_book(args)
    year = common.year_of(book, args)
    made = book.bridge(year, args.before, args.after, **common.selection(args))
    if args.json:
        common.emit_json(made.as_json())
