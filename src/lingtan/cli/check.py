"""``lingtan check``: all faults of a folder in one run."""

from __future__ import annotations

import argparse
from collections import Counter

from lingtan.cli import common
from lingtan.cli.words import say

LEVELS = ("error", "finding", "note")


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``check``."""
    common.folder_options(parser, lang)
    parser.add_argument("--all", action="store_true", help=say("more", lang, count="…"))


def run(args: argparse.Namespace) -> int:
    """Print the findings; exit code 1 when one of them is an error."""
    common.tell(say("reading", args.lang, dir=args.dir))
    book = common.open_book(args)
    findings = book.check()
    counts = Counter[str](finding.level for finding in findings)
    if args.json:
        plain = [finding.as_json() for finding in findings]
        common.emit_json({"findings": plain, "counts": {level: counts[level] for level in LEVELS}})
    else:
        numbers = {"errors": counts["error"], "findings": counts["finding"], "notes": counts["note"]}
        common.emit(say("found" if findings else "clean", args.lang, **numbers))
        if findings:
            from lingtan.cli.summary import findings_text

            common.emit(findings_text(findings, args.lang, park=book.park, limit=None if args.all else 200))
    return common.FOUND if counts["error"] else common.DONE
