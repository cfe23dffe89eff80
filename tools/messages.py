"""The words: gather the msgids of code and templates, merge the translations, write and compile the catalogue.

``python tools/messages.py`` writes ``locale/zh_Hans/LC_MESSAGES/django.po`` and its ``.mo`` from the tables
``locale/words/*.csv`` (columns ``msgid,msgstr`` and, where a word has several meanings, ``context``; a plural's words
stand at its singular). ``--check`` writes nothing and ends with 1 where a msgid has no word, two tables differ, the
places to fill differ, or a call is not plain.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "src" / "lingtan" / "web"
PO = WEB / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS: dict[str, tuple[object, ...] | None] = {
    "_": None, "noop": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
PLACE = re.compile(r"%\((\w+)\)[sdf]|\{(\w*)\}")
Word = tuple[str, str, str]  # context, msgid, plural


@dataclass(slots=True)
class Words:
    """Msgids with the places they stand at, their Chinese words, and the faults found on the way."""

    asked: dict[Word, list[tuple[str, int]]] = field(default_factory=dict)
    given: dict[tuple[str, str], str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def sources() -> Iterator[tuple[Path, str]]:
    """Yield every Python file and template with Python code in which the calls of gettext stand."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    from django.utils.translation.template import templatize

    for path in sorted(WEB.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, path.read_text("utf-8")
    for path in sorted([*WEB.rglob("templates/**/*.html"), *WEB.rglob("templates/**/*.txt")]):
        yield path, templatize(path.read_text("utf-8"), origin=str(path))


def gather(found: Words) -> None:
    """Fill in the msgids."""
    for path, code in sources():
        name = path.relative_to(ROOT).as_posix()
        text = io.BytesIO(code.encode())
        for line, said, _comments, context in extract("python", text, keywords=KEYWORDS, options={"encoding": "utf-8"}):
            one, many = (said[0], said[1]) if isinstance(said, tuple) else (said, "")
            if one:
                found.asked.setdefault((context or "", one, many), []).append((name, line))
        if path.suffix == ".py":
            found.faults += [f"{name}:{line}: {why}" for line, why in unplain(code)]


def unplain(code: str) -> Iterator[tuple[int, str]]:
    """Yield calls of gettext whose text is not one plain literal: f-strings, joined parts, formatted before."""
    for node in ast.walk(ast.parse(code)):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS and node.args
        ):
            continue
        first = node.args[0]
        if isinstance(first, ast.JoinedStr):
            yield node.lineno, "an f-string inside a translation: it can never be found in the catalogue"
        elif isinstance(first, ast.BinOp):
            yield node.lineno, "parts joined or filled inside a translation: fill the places outside"


def merge(found: Words) -> None:
    """Fill in the Chinese words of all tables; where two tables differ, the first one holds and a fault is told."""
    for path in sorted((WEB / "locale" / "words").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                key, said = (row.get("context") or "", row["msgid"]), row["msgstr"] or ""
                held = found.given.setdefault(key, said)
                if held != said:
                    found.faults.append(f"{path.name}: {key[1]!r} is {said!r} here and {held!r} in another table")


def judge(found: Words) -> None:
    """Tell msgids without a word, and words whose places to fill are not those of the msgid."""
    for (context, one, many), where in sorted(found.asked.items()):
        said = found.given.get((context, one)) or found.given.get(("", one))
        place = ":".join(map(str, where[0]))
        if not said:
            found.faults.append(f"{place}: no Chinese word for {one!r}" + (f" ({context})" if context else ""))
        elif (wanted := places(one) | places(many)) != places(said) and not (many and places(many) == places(said)):
            found.faults.append(f"{place}: {one!r} fills {sorted(wanted)}, {said!r} fills {sorted(places(said))}")


#: Time of every catalogue: the same words give the same file.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def places(text: str) -> set[str]:
    """Return the names of the places to fill."""
    return {named or braced for named, braced in PLACE.findall(text)}


def catalogue(found: Words) -> Catalog:
    """Return the catalogue, in the order of the msgids; without times: the same words give the same file."""
    made = Catalog(locale="zh_Hans", project="lingtan", fuzzy=False, charset="utf-8", creation_date=EPOCH)
    for (context, one, many), where in sorted(found.asked.items()):
        said = found.given.get((context, one)) or found.given.get(("", one)) or ""
        files = sorted({(name, 0) for name, _line in where})
        flags = ["python-format"] if "%(" in one else []
        made.add((one, many) if many else one, (said,) if many else said, files, flags, context=context or None)
    return made


def written(made: Catalog) -> bytes:
    """Return the text of the catalogue's file."""
    out = io.BytesIO()
    write_po(out, made, omit_header=False, width=120, include_lineno=False, sort_output=False)
    text = re.sub(rb'^"(PO-Revision-Date|Last-Translator|Generated-By): .*\n', b"", out.getvalue(), flags=re.M)
    return re.sub(rb"^#( .*)?\n", b"", text, flags=re.M)


def compile_all() -> None:
    """Write every ``.mo`` beside its ``.po``."""
    for source in sorted((WEB / "locale").glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            made = read_po(file, locale=source.parts[-3])
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, made)


def all_words() -> Words:
    """Gather, merge and judge."""
    found = Words()
    gather(found)
    merge(found)
    judge(found)
    return found


def main(words: list[str]) -> int:
    """Write the catalogue, or only check it."""
    if words == ["--compile"]:
        compile_all()
        return 0
    found = all_words()
    text = written(catalogue(found))
    if words == ["--check"]:
        if not PO.is_file() or PO.read_bytes() != text:
            found.faults.append(f"{PO.relative_to(ROOT)} is not what the tables give; run: python tools/messages.py")
    else:
        PO.parent.mkdir(parents=True, exist_ok=True)
        PO.write_bytes(text)
        compile_all()
    print("\n".join(found.faults))
    said = sum(bool(found.given.get((word[0], word[1])) or found.given.get(("", word[1]))) for word in found.asked)
    print(f"{said} of {len(found.asked)} msgids have a Chinese word, {len(found.faults)} faults", file=sys.stderr)
    return bool(found.faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
