"""``lingtan example``: a synthetic park to try everything on."""

from __future__ import annotations

import argparse
from pathlib import Path

from lingtan.cli import common
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``example``."""
    parser.add_argument("dir", metavar="DIR", help=say("arg.dir", lang))
    parser.add_argument("--seed", type=int, default=1, help=say("arg.seed", lang))
    parser.add_argument("--small", action="store_true", help=say("arg.small", lang))
    parser.add_argument("--force", action="store_true", help=say("arg.force", lang))
    common.shared_options(parser, lang)


def run(args: argparse.Namespace) -> int:
    """Write the park; a folder that holds something is refused without ``--force``."""
    target = Path(args.dir)
    if target.exists() and not target.is_dir():
        raise common.UserFault(f"{target}: " + say("not_empty", args.lang, dir=target))
    if target.is_dir() and any(target.iterdir()) and not args.force:
        raise common.UserFault(say("not_empty", args.lang, dir=target))
    from lingtan import example

    example.write(target, args.seed, small=args.small, progress=common.tell)
    common.tell(say("written", args.lang, file=target))
    if args.json:
        common.emit_json({"dir": str(target), "seed": args.seed, "synthetic": True})
    return common.DONE
