"""``lingtan serve``: the platform on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from typing import Any

from lingtan.cli import common
from lingtan.cli.words import say


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add the options of ``serve``."""
    parser.add_argument("--host", default="127.0.0.1", help=say("arg.host", lang))
    parser.add_argument("--port", type=int, default=8000, help=say("arg.port", lang))
    parser.add_argument("--data", metavar="DIR", help=say("arg.data", lang))
    parser.add_argument("--no-worker", action="store_true", help=say("arg.no_worker", lang))
    parser.add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    if not 0 < args.port < 65_536:
        raise common.UserFault(say("bad_port", args.lang, port=args.port))
    os.environ["LINGTAN_LANG"] = args.lang
    service = platform(args.lang)
    one = service.Service(
        service.data_folder(args.data), args.host, args.port, worker=not args.no_worker, tell=common.tell,
        ready=lambda here: announce(here.address),
    )  # fmt: skip
    code: int = one.run()
    return code


def announce(address: str) -> None:
    """Print where the platform is."""
    from lingtan.web.serve_words import say as told

    common.emit(told("address", address=address))
    if os.environ.get("LINGTAN_EMBEDDED") == "1":
        common.tell(told("trial"))
    common.tell(told("stop"))


def platform(lang: str) -> Any:
    """Return `lingtan.web.service`; the platform's packages are an extra that may be missing.

    Raises
    ------
    UserFault : they are; with the line that installs them.
    """
    os.environ["LINGTAN_LANG"] = lang
    missing = next((name for name in ("django", "granian", "psutil") if find_spec(name) is None), None)
    if missing:
        raise common.UserFault(say("not_installed", lang, name=missing))
    from lingtan.web import service

    return service
