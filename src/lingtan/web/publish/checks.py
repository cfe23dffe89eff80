"""What a file must be before it becomes a document: a clean name, a known kind, an honest beginning, a bounded size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from django.utils.translation import gettext as _

MEGABYTE = 1 << 20
#: Largest document [MB]; largest drawing [MB], which is read as a whole.
LARGEST, LARGEST_SVG = 100, 5
_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0",)
#: ending -> what the file begins with (blank: text), and the type that it is sent as.
KINDS: Mapping[str, tuple[tuple[bytes, ...], str]] = {
    ".pdf": ((b"%PDF-",), "application/pdf"),
    ".jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".png": ((b"\x89PNG\r\n",), "image/png"),
    ".tif": ((b"II*\x00", b"MM\x00*"), "image/tiff"),
    ".tiff": ((b"II*\x00", b"MM\x00*"), "image/tiff"),
    ".heic": ((b"\x00\x00\x00",), "image/heic"),
    ".svg": ((), "image/svg+xml"),
    ".xlsx": (_ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".docx": (_ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xls": (_OLE, "application/vnd.ms-excel"),
    ".doc": (_OLE, "application/msword"),
    ".zip": (_ZIP, "application/zip"),
    ".csv": ((), "text/csv"),
    ".txt": ((), "text/plain"),
    ".md": ((), "text/plain"),
    ".json": ((), "application/json"),
    ".geojson": ((), "application/geo+json"),
    ".xml": ((), "application/xml"),
}
#: Kinds that a browser shows in place; all others are only downloaded.
SHOWN = frozenset({".pdf", ".jpg", ".jpeg", ".png"})
_ODD = re.compile(r"[^\w.\-() ]+", re.UNICODE)
_ACTIVE = re.compile(
    rb"<\s*(?:\w+:)?(?:script|foreignobject|iframe|embed|object|handler|animate|set|use|image|a)\b"
    rb"|\bon\w+\s*=|javascript\s*:|<!\s*(?:doctype|entity)|<\?xml-stylesheet|@import|url\s*\(\s*['\"]?\s*(?!#)",
    re.IGNORECASE,
)


class DocumentRefused(Exception):  # noqa: N818 - the file is not taken; nothing went wrong
    """A file that becomes no document; the message says what was expected, what came, what to do."""


def clean_name(name: str) -> str:
    """Return the last part of a file's name without letters that a folder, a header or a sheet could take amiss."""
    last = PurePosixPath(PureWindowsPath(name.replace("\x00", "")).name).name
    plain = _ODD.sub("_", unicodedata.normalize("NFC", last)).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        return plain[:100] or "file"
    return f"{stem.lstrip('-. ')[:100] or 'file'}.{ending[:8].lower()}"


def check(
    name: str, source: BinaryIO, size: int, *, kinds: Collection[str] = tuple(KINDS), largest: int = LARGEST
) -> None:
    """See that a file is what its name says; ``kinds`` (endings of `KINDS`) and ``largest`` [MB] may be narrower.

    Raises
    ------
    DocumentRefused : the kind is not taken, the size is out of bounds, the content is another or could act.
    """
    ending = PurePosixPath(name).suffix.lower()
    if ending not in kinds:
        said = _("%(name)s: expected one of the kinds %(kinds)s. Save it as PDF, or pack it as a zip archive.")
        raise DocumentRefused(said % {"name": name, "kinds": " ".join(kinds)})
    most = LARGEST_SVG if ending == ".svg" else largest
    if not 0 < size <= most * MEGABYTE:
        said = _("%(name)s: expected 1 byte to %(most)s MB; came %(came)s MB. Make it smaller, or split it.")
        raise DocumentRefused(said % {"name": name, "most": most, "came": f"{size / MEGABYTE:.1f}"})
    source.seek(0)
    head = source.read(4096)
    begins = KINDS[ending][0]
    if not (any(head.startswith(one) for one in begins) if begins else b"\x00" not in head):
        said = _("%(name)s does not begin as a file of this kind does. Open it, save it anew, and add it again.")
        raise DocumentRefused(said % {"name": name})
    if ending == ".svg":
        source.seek(0)
        _still(name, source.read())
    source.seek(0)


def _still(name: str, data: bytes) -> None:
    """Refuse a drawing that could run something or load from elsewhere."""
    found = _ACTIVE.search(data)
    if found is None and re.search(rb"<\s*(?:\w+:)?svg\b", data, re.IGNORECASE):
        return
    came = found.group().decode("ascii", "replace")[:40] if found else _("no drawing")
    said = _("%(name)s: expected a drawing without scripts, links, outside parts; came “%(came)s”. Export it as PNG.")
    raise DocumentRefused(said % {"name": name, "came": came})
