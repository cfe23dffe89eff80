"""What an explanation hands out: without what a person may not see, with its documents, as one package."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from lingtan.web.account.pages.sankey import OUTSIDE
from lingtan.web.account.run import Figure
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest
from lingtan.web.park.node import Node
from lingtan.web.publish.document import Document
from lingtan.web.publish.store import place

#: Paths of the folder's evidence, as steps name them.
_PATH = re.compile(r"evidence/[^\s;,；，。）)]+")
#: Bytes of documents that a package holds at most; what is left out is named in its index with its sum.
MOST = 64 * 2**20


def documents_of(request: ParkRequest, figure: Figure) -> list[Document]:
    """Return the documents that name a figure, and those that its chain names, as far as the person sees them."""
    paths = set(_PATH.findall(json.dumps(figure.explanation["chain"], ensure_ascii=False)))
    named = Q(links__contains=[f"figure:{figure.name}"]) | Q(path__in={path.rstrip('."') for path in paths})
    return list(Document.objects.visible_to(request.access).filter(named).order_by("title")[:50])


def walk(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a chain and all below them."""
    for step in steps:
        yield step
        yield from walk(step.get("steps", []))


def package(request: ParkRequest, figure: Figure, told: Mapping[str, Any]) -> bytes:
    """Return a zip: index, explanation, factors, readings (files, lines, sums), documents, and the sum of each."""
    files: dict[str, bytes] = {
        "explanation.json": json.dumps(told, ensure_ascii=False, indent=2).encode(),
        "explanation.txt": _text(told).encode(),
        "factors.csv": _table(told, "factor"),
        "readings.csv": _table(told, "readings"),
    }
    left = []
    for document in documents_of(request, figure):
        content = place(document.sha256) if document.sha256 else None
        if content is None or not content.is_file() or sum(map(len, files.values())) + document.size > MOST:
            left.append(document)
            continue
        files[f"documents/{document.pk}-{(document.path or document.title).rpartition('/')[2]}"] = content.read_bytes()
    files["index.txt"] = _index(figure, told, files, left).encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in [*sorted(files.items()), ("SHA256SUMS", sums.encode())]:
            made.writestr(name, data)
    return target.getvalue()


def _text(told: Mapping[str, Any]) -> str:
    def lines(steps: list[dict[str, Any]], depth: int) -> Iterator[str]:
        for step in steps:
            yield f"{'  ' * depth}- {step.get('text_zh', '')}\n{'  ' * depth}  {step.get('text', '')}"
            yield from lines(step.get("steps", []), depth + 1)

    head = f"{told['name']['zh']} · {told['name']['en']}\n{told['value']} {told['unit']}\n= {told['formula']}\n\n"
    return head + "\n".join(lines(told["chain"], 0)) + "\n"


def _table(told: Mapping[str, Any], kind: str) -> bytes:
    """Return the steps of a kind as a table of all that they say."""
    rows = [step for step in walk(told["chain"]) if step["kind"] == kind]
    names = list(dict.fromkeys(name for row in rows for name in row if name not in ("steps", "kind")))
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(names)
    writer.writerows([_plain(row.get(name)) for name in names] for row in rows)
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def _plain(value: Any) -> Any:
    """Return a cell; a text that begins like a formula stays a text."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in "=+-@" else text


def _index(figure: Figure, told: Mapping[str, Any], files: Mapping[str, bytes], left: list[Document]) -> str:
    run = told["run"]
    lines = [
        _("Evidence of one figure"), "",
        f"{told['name']['zh']} · {told['name']['en']} ({figure.name}): {told['value']} {told['unit']}",
        f"{run['year']} · {run['method']} · {run['boundary']} · {run['computed']}",
        f"sha-256 {run['input_sha256']} · lingtan {run['code_version']}", "",
        *(f"{name}  {len(data)}" for name, data in sorted(files.items())), "",
        *(_("left out, too large or not stored: %(title)s %(sum)s") % {"title": one.title, "sum": one.sha256}
          for one in left),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


#: Values of a step that are what people call things; codes of streams, points and rows stay as they are.
_LEFT = frozenset({"stream", "point", "id", "row", "kind", "unit", "document", "evidence", "file"})

#: A code or an English name where it stands as a word of its own, not within a longer code.
_WORD = r"(?<![A-Za-z0-9_.\-])%s(?![A-Za-z0-9_\-]|\.[A-Za-z0-9])"


class Mask:
    """What stands in place of the codes and names of nodes that somebody does not see."""

    def __init__(self, hidden: Mapping[str, str]) -> None:
        words = sorted((word for word in hidden if word), key=len, reverse=True)
        self._hidden = hidden
        parts = [re.escape(word) if not word.isascii() else _WORD % re.escape(word) for word in words]
        self._any = re.compile("|".join(parts)) if parts else None

    def text(self, text: str) -> str:
        """Return a text with every hidden name replaced."""
        return self._any.sub(lambda found: self._hidden[found[0]], text) if self._any else text

    def step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step of a chain, and those below it, with every hidden name replaced."""
        return {name: value if name in _LEFT else self.value(value) for name, value in step.items()}

    def value(self, value: Any) -> Any:
        """Return a value of any shape with every hidden name replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self.step(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        return value


def mask_of(request: ParkRequest) -> Mask:
    """Return the mask for a person; nothing is hidden from who sees the whole park.

    Outside places (grid, markets, the air) are everybody's. Chinese names are replaced wherever they stand, codes and
    English names where they stand as a word.
    """
    if request.access.whole_park:
        return Mask({})
    seen = set(Node.objects.visible_to(request.access).values_list("pk", flat=True))
    hidden: dict[str, str] = {}
    for node in Node.objects.filter(park=request.park).only("pk", "code", "kind", "name_zh", "name_en"):
        if node.pk not in seen and node.kind not in OUTSIDE:
            word = f"（{node.get_kind_display()}）" if chinese() else f"({node.get_kind_display()})"
            hidden.update({one: word for one in (node.code, node.name_zh, node.name_en) if one})
    return Mask(hidden)
