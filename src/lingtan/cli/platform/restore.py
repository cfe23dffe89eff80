"""``lingtan restore``: a backup taken back into an empty platform, and compared table by table."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from lingtan.cli import common
from lingtan.cli.serve import platform
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``restore``."""
    parser.add_argument("file", metavar="FILE", help=say("arg.backup", lang))
    parser.add_argument("--drill", action="store_true", help=say("arg.drill", lang))
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

    if args.drill:
        return drill(service, data, source)
    embedded.prepare(data)
    with processes.only_one(data):
        service.connect(data, tell=common.tell, as_owner=True)
        made = backup.restore(data, source)
    counts = {"tables": len(made.tables), "rows": made.rows, "files": len(made.files)}
    common.tell(told("backup.restored", **counts))
    return common.DONE


def drill(service: Any, data: Path, source: Path) -> int:
    """Take a backup back beside the platform, in a database of its own, compare all, and write it into the book."""
    from lingtan.web import backup, embedded
    from lingtan.web.serve_words import say as told

    for name in ("DATABASE_URL", "LINGTAN_OWNER_URL"):
        os.environ.pop(name, None)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lingtan-drill-") as work:
        place = Path(work, "data")
        embedded.prepare(place)
        try:
            service.connect(place, tell=common.tell, as_owner=True)
            made = backup.restore(place, source)
        finally:
            service.close_connections()
            embedded.stop(place)
    if data.is_dir():
        backup.note(data, "drill", source, made)
    counts = {"tables": len(made.tables), "rows": made.rows, "files": len(made.files)}
    common.tell(told("backup.drilled", seconds=time.perf_counter() - began, **counts))
    return common.DONE
