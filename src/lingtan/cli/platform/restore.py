"""``lingtan restore``: a backup taken back into an empty platform, and compared table by table."""

from __future__ import annotations

import argparse
from pathlib import Path

from lingtan.cli import common
from lingtan.cli.serve import platform
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``restore``."""
    parser.add_argument("file", metavar="FILE", help=say("arg.backup", lang))
    parser.add_argument("--data", metavar="DIR", help=say("arg.data", lang))
    parser.add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))


def run(args: argparse.Namespace) -> int:
    """Restore, and say that all is equal; anything else is a fault."""
    source = Path(args.file)
    if not source.is_file():
        raise common.UserFault(say("no_file", args.lang, file=source))
    service = platform(args.lang)
    data = service.data_folder(args.data)
    from lingtan.web import backup, embedded, processes
    from lingtan.web.serve_words import say as told

    embedded.prepare(data)
    with processes.only_one(data):
        service.connect(data, tell=common.tell)
        made = backup.restore(data, source)
    counts = {"tables": len(made.tables), "rows": made.rows, "files": len(made.files)}
    common.tell(told("backup.restored", **counts))
    return common.DONE
