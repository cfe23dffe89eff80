"""What every command shares: language, options, output and the user's faults."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from lingtan.cli.words import FAULTS, HELP, say, translated

if TYPE_CHECKING:
    from lingtan.book import Book

DONE, FOUND, REFUSED, BROKEN = 0, 1, 2, 70


class UserFault(Exception):  # noqa: N818
    """Something the user can put right; the message says what and how."""


class Parser(argparse.ArgumentParser):
    """A parser whose refusal is one sentence on stderr and exit code 2."""

    lang = "en"

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line and end with code 2."""
        told = translated(message, FAULTS) if self.lang == "zh" else message
        self.exit(REFUSED, say("usage", self.lang, message=told, prog=self.prog) + "\n")

    def format_help(self) -> str:
        """Return the help with argparse's own words in the language."""
        text = super().format_help()
        return translated(text, HELP) if self.lang == "zh" else text


def language(argv: Iterable[str]) -> str:
    """Return zh or en: ``--lang`` if given, else by the locale's environment."""
    words = list(argv)
    for at, word in enumerate(words):
        if word == "--lang" and at + 1 < len(words):
            return "zh" if words[at + 1] == "zh" else "en"
        if word.startswith("--lang="):
            return "zh" if word == "--lang=zh" else "en"
    setting = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if setting.lower().startswith("zh") else "en"


def emit(text: str) -> None:
    """Print data to stdout."""
    sys.stdout.write(text + "\n")


def emit_json(value: Any) -> None:
    """Print JSON to stdout, one entry a line; not-a-number never gets that far.

    Entries are compact: the encoder in C has no indentation, and an account of a large park is some megabytes.
    """
    emit(_lines(value))


def _lines(value: Any, depth: int = 0) -> str:
    """Return JSON with the first two levels spread over lines."""
    if depth < 2 and isinstance(value, dict) and value:
        parts = [f"{json.dumps(name, ensure_ascii=False)}: {_lines(part, depth + 1)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n}"
    if depth < 2 and isinstance(value, (list, tuple)) and value:
        return "[\n" + ",\n".join(_lines(part, 2) for part in value) + "\n]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def tell(text: str) -> None:
    """Print a message to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def folder_options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the park folder and what holds for reading it."""
    parser.add_argument("dir", metavar="DIR", help=say("arg.dir", lang))
    parser.add_argument("--repair", action="append", default=[], metavar="NAME=POINT", help=say("arg.repair", lang))
    shared_options(parser, lang)


def shared_options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add what every command takes."""
    parser.add_argument("--json", action="store_true", help=say("arg.json", lang))
    parser.add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))


def account_options(parser: argparse.ArgumentParser, lang: str, *, method: bool = True) -> None:
    """Add what selects an account."""
    parser.add_argument("--year", type=int, help=say("arg.year", lang))
    if method:
        parser.add_argument("--method", default="cn-zcp-2025", help=say("arg.method", lang))
    parser.add_argument("--boundary", help=say("arg.boundary", lang))
    parser.add_argument("--choose", action="append", default=[], metavar="ID=VALUE", help=say("arg.choose", lang))
    parser.add_argument("--allow-recalled", action="store_true", help=say("arg.recalled", lang))


def pairs(option: str, texts: Iterable[str], lang: str) -> list[tuple[str, str]]:
    """Return ``id=value`` texts as pairs.

    Raises
    ------
    UserFault : a text has no ``=`` or an empty side.
    """
    found = []
    for text in texts:
        name, mark, value = text.partition("=")
        if not (mark and name.strip() and value.strip()):
            raise UserFault(say("not_number", lang, option=option, text=repr(text)))
        found.append((name.strip(), value.strip()))
    return found


def open_book(args: argparse.Namespace) -> Book:
    """Open the park folder of a command, telling on stderr what takes long."""
    from lingtan.book import Book

    repairs: dict[str, tuple[str, ...]] = {}
    for name, point in pairs("--repair", args.repair, args.lang):
        repairs[name] = (*repairs.get(name, ()), point)
    return Book.open(args.dir, repairs=repairs)


def year_of(book: Book, args: argparse.Namespace) -> int:
    """Return the year asked for, else the last one with data.

    Raises
    ------
    UserFault : the folder holds no data and no year was given.
    """
    if args.year is not None:
        year: int = args.year
        return year
    years = book.years()
    if not years:
        raise UserFault(say("no_data", args.lang, dir=args.dir))
    return years[-1]


def selection(args: argparse.Namespace) -> Mapping[str, Any]:
    """Return boundary, chosen alternatives and leave for recalled rows as the book takes them."""
    chosen = dict(pairs("--choose", args.choose, args.lang))
    return {"boundary": args.boundary, "chosen": chosen, "allow_recalled": args.allow_recalled}
