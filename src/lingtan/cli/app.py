"""The command line: one parser, one module a command, one place where faults become exit codes."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from lingtan.cli import common
from lingtan.cli.words import say

COMMANDS = (
    "check",
    "flows",
    "account",
    "explain",
    "bridge",
    "report",
    "example",
    "reference",
    "serve",
    "ingest",
    "backup",
    "restore",
    "store",
)

#: Commands that live in a package of their own.
PLACES = {
    "ingest": "platform.ingest",
    "backup": "platform.backup",
    "restore": "platform.restore",
    "store": "platform.store",
}


def parser(lang: str) -> common.Parser:
    """Return the whole parser, its texts in the language."""
    common.Parser.lang = lang
    root = common.Parser(prog="lingtan", description=say("about", lang), epilog=say("exit", lang))
    root.add_argument("--lang", choices=("zh", "en"), default=lang, help=say("arg.lang", lang))
    groups = root.add_subparsers(dest="command", required=True, metavar="{" + ",".join(COMMANDS) + "}")
    for name in COMMANDS:
        text = say(f"help.{name}", lang)
        own = groups.add_parser(name, help=text, description=text)
        module = import_module(f"lingtan.cli.{PLACES.get(name, name)}")
        module.options(own, lang)
        own.set_defaults(run=module.run)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; a user's fault is one sentence on stderr."""
    # One command makes many values and lets go of few: collecting as often as a service does costs a tenth of its time.
    gc.set_threshold(100_000, 50, 50)
    words = list(sys.argv[1:] if argv is None else argv)
    lang = common.language(words)
    try:
        args = read(parser(lang), words)
        code: int = args.run(args)
        sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else common.REFUSED
    except KeyboardInterrupt:
        common.tell(say("interrupted", lang))
        return 130
    except BrokenPipeError:
        _silence()
        return common.DONE
    except Exception as fault:  # the one door where every fault becomes an exit code
        return _refuse(fault, lang)
    return code


def read(root: common.Parser, words: list[str]) -> argparse.Namespace:
    """Read the command line; the figure of ``explain`` may also stand behind options."""
    args, rest = root.parse_known_args(words)
    if rest and getattr(args, "figure", "") is None and not rest[0].startswith("-"):
        args.figure = rest.pop(0)
    if rest:
        root.error("unrecognized arguments: " + " ".join(rest))
    return args


def _silence() -> None:
    """Point stdout at nothing: the reader has gone, and the interpreter flushes once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(fault: Exception, lang: str) -> int:
    """Say a fault. Lingtan's own exceptions and those of files are the user's to mend; all else is ours."""
    if type(fault).__module__.startswith("lingtan.") or isinstance(fault, OSError):
        common.tell(say("error", lang, message=_sentence(fault)))
        return common.REFUSED
    handle, name = tempfile.mkstemp(prefix="lingtan-fault-", suffix=".txt")
    os.close(handle)
    Path(name).write_text("".join(traceback.format_exception(fault)), encoding="utf-8")
    common.tell(say("internal", lang, kind=type(fault).__name__, message=_sentence(fault), file=name))
    return common.BROKEN


def _sentence(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.filename:
        return f"{fault.filename}: {fault.strerror}"
    return " ".join(str(fault).split())
