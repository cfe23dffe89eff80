"""``lingtan report``: the account as workbook and page."""

from __future__ import annotations

import argparse
from pathlib import Path

from lingtan.cli import common
from lingtan.cli.account import exit_code
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``report``."""
    common.folder_options(parser, lang)
    common.account_options(parser, lang)
    parser.add_argument("--out", metavar="DIR", default="out", help=say("arg.out", lang))
    parser.add_argument("--excel", metavar="FILE", help=say("arg.excel", lang))
    parser.add_argument("--html", metavar="FILE", help=say("arg.html", lang))


def run(args: argparse.Namespace) -> int:
    """Write both files; ``--excel`` or ``--html`` alone writes that one."""
    book = common.open_book(args)
    year = common.year_of(book, args)
    account = book.account(year, args.method, **common.selection(args))
    files = {"excel": args.excel, "html": args.html}
    if not any(files.values()):
        stem = Path(args.out) / f"account-{account.park}-{year}-{account.method}"
        files = {"excel": f"{stem}.xlsx", "html": f"{stem}.html"}
    written = {kind: str(book.write(account, file, kind=kind)) for kind, file in files.items() if file}
    if args.json:
        common.emit_json(written)
    else:
        common.emit("\n".join(written.values()))
    return exit_code(account)
