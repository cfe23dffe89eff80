"""``lingtan explain``: why a figure is what it is."""

from __future__ import annotations

import argparse

from lingtan.cli import common
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``explain``."""
    common.folder_options(parser, lang)
    parser.add_argument("figure", nargs="?", metavar="FIGURE", help=say("arg.figure", lang))
    parser.add_argument("--list", action="store_true", help=say("arg.list", lang))
    common.account_options(parser, lang)


def run(args: argparse.Namespace) -> int:
    """Print the chain behind a figure; exit code 1 when computing it again gives another value."""
    book = common.open_book(args)
    year = common.year_of(book, args)
    selection = common.selection(args)
    if args.list or not args.figure:
        figures = book.figures(year, args.method, **selection)
        if args.json:
            common.emit_json(list(figures))
        else:
            common.emit("\n".join(figures))
        return common.DONE
    explanation = book.explain(args.figure, year, args.method, **selection)
    if args.json:
        common.emit_json(explanation.as_json())
    else:
        common.emit(explanation.as_text(args.lang))
    return common.DONE if explanation.check.holds else common.FOUND
