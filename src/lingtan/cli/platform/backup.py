"""``lingtan backup``: the platform's database and files as one file, while it is in use."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from lingtan.cli import common
from lingtan.cli.serve import platform
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``backup``."""
    parser.add_argument("file", metavar="FILE", help=say("arg.backup", lang))
    parser.add_argument("--copy", metavar="DIR", help=say("arg.copy", lang))
    parser.add_argument("--data", metavar="DIR", help=say("arg.data", lang))
    parser.add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))


def run(args: argparse.Namespace) -> int:
    """Write the backup."""
    began, target = time.perf_counter(), Path(args.file).resolve()
    service = platform(args.lang)
    data = service.data_folder(args.data)
    if not data.is_dir():
        raise common.UserFault(say("no_platform", args.lang, dir=data))
    service.connect(data, tell=common.tell)
    from lingtan.web import backup
    from lingtan.web.serve_words import say as told

    made = backup.make(data, target)
    backup.note(data, "backup", target, made)
    size, seconds = target.stat().st_size / 1e6, time.perf_counter() - began
    counts = {"tables": len(made.tables), "rows": made.rows, "files": len(made.files)}
    common.tell(told("backup.made", file=target, size=size, seconds=seconds, **counts))
    if args.copy:
        place = backup.copy(target, Path(args.copy).resolve())
        backup.note(data, "copy", place, made)
        common.tell(told("backup.copied", file=place))
    return common.DONE
