"""``lingtan account``: the energy and carbon account of a year."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lingtan.cli import common
from lingtan.cli.words import say

if TYPE_CHECKING:
    from lingtan.inventory.model import Account


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``account``."""
    common.folder_options(parser, lang)
    common.account_options(parser, lang)
    parser.add_argument("--excel", metavar="FILE", help=say("arg.excel", lang))
    parser.add_argument("--html", metavar="FILE", help=say("arg.html", lang))


def run(args: argparse.Namespace) -> int:
    """Print the account, on request write it as workbook and page; exit code 1 when the total is not known."""
    book = common.open_book(args)
    year = common.year_of(book, args)
    account = book.account(year, args.method, **common.selection(args))
    for kind, file in (("excel", args.excel), ("html", args.html)):
        if file:
            book.write(account, file, kind=kind)
            common.tell(say("written", args.lang, file=file))
    if args.json:
        from lingtan.inventory import present

        common.emit_json(present.as_json(account))
    else:
        from lingtan.cli.summary import render

        common.emit(render(account, book.park, args.lang, synthetic=book.synthetic))
        common.emit("\n" + say("hint.explain", args.lang, dir=args.dir, year=year))
    return exit_code(account)


def exit_code(account: Account) -> int:
    """Return 1 when the total is not known, else 0."""
    return common.FOUND if account.totals.get("co2_t") is None else common.DONE
