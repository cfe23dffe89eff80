"""``lingtan check``: all faults of a folder in one run; with ``--deploy``, of the platform's set-up."""

from __future__ import annotations

import argparse
from collections import Counter

from lingtan.cli import common
from lingtan.cli.words import say

LEVELS = ("error", "finding", "note")


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``check``."""
    parser.add_argument("dir", metavar="DIR", nargs="?", help=say("arg.dir", lang))
    parser.add_argument("--deploy", action="store_true", help=say("arg.deploy", lang))
    parser.add_argument("--data", metavar="DIR", help=say("arg.data", lang))
    parser.add_argument("--repair", action="append", default=[], metavar="NAME=POINT", help=say("arg.repair", lang))
    common.shared_options(parser, lang)
    parser.add_argument("--all", action="store_true", help=say("more", lang, count="…"))


def run(args: argparse.Namespace) -> int:
    """Print the findings; exit code 1 when one of them is an error."""
    if args.deploy:
        return deploy(args)
    if args.dir is None:
        raise common.UserFault(say("no_dir", args.lang))
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


def deploy(args: argparse.Namespace) -> int:
    """Print what is not fit for production; exit code 1 where there is anything."""
    from lingtan.cli.serve import platform

    service = platform(args.lang)
    data = service.data_folder(args.data)
    if not data.is_dir():
        raise common.UserFault(say("no_platform", args.lang, dir=data))
    service.connect(data, tell=common.tell)
    from lingtan.web import deploy

    faults = deploy.faults()
    if args.json:
        common.emit_json([{"code": code, "found": found, "do": do} for code, found, do in faults])
    elif faults:
        common.emit(say("unfit", args.lang, count=len(faults)))
        common.emit("\n".join(f"- {found} {do} ({code})" for code, found, do in faults))
    else:
        common.emit(say("fit", args.lang))
    return common.FOUND if faults else common.DONE
