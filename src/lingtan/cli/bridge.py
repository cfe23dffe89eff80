"""``lingtan bridge``: what differs between two methods."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lingtan.cli import common
from lingtan.cli.words import say

if TYPE_CHECKING:
    from lingtan.inventory import Bridge


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``bridge``."""
    common.folder_options(parser, lang)
    parser.add_argument("--from", dest="before", required=True, metavar="METHOD", help=say("arg.before", lang))
    parser.add_argument("--to", dest="after", required=True, metavar="METHOD", help=say("arg.after", lang))
    common.account_options(parser, lang, method=False)


def run(args: argparse.Namespace) -> int:
    """Print the steps from one method's total to the other's; exit code 1 when one of them is not known."""
    book = common.open_book(args)
    year = common.year_of(book, args)
    made = book.bridge(year, args.before, args.after, **common.selection(args))
    if args.json:
        common.emit_json(made.as_json())
    else:
        common.emit(_told(made, args.lang))
    return common.FOUND if made.difference_t is None else common.DONE


def _told(made: Bridge, lang: str) -> str:
    """Return the answer sentence and one row a step, from the first total to the second."""
    from lingtan.cli.table import render
    from lingtan.trace import show

    if made.difference_t is None:
        return say("bridge.unknown", lang)
    totals = {"first": show.total(made.before_t), "last": show.total(made.after_t)}
    answer = say(
        "bridge", lang, before=made.before, after=made.after, **totals, difference=show.total(made.difference_t)
    )
    rows = [
        (made.before, show.total(made.before_t)),
        *((step.text_zh if lang == "zh" else step.text_en, show.total(step.amount_t)) for step in made.steps),
        (made.after, show.total(made.after_t)),
    ]
    return f"{answer}\n\n{render([say('col.step', lang), 't CO₂e'], rows, right=(1,))}"
