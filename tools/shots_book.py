"""The index page of `tools/shots.py`: thumbnails of every kind of page and what was found; a file of this machine."""

from __future__ import annotations

import html
import json
from collections import Counter
from pathlib import Path
from typing import Any

STYLE = """
body { font: 14px/1.5 sans-serif; margin: 20px; background: #f5f7f7; color: #14242a; }
h2 { font-size: 15px; margin: 24px 0 6px; } table { border-collapse: collapse; background: #fff; }
td, th { border: 1px solid #dfe6e7; padding: 4px 10px; text-align: left; vertical-align: top; }
.row { display: flex; gap: 8px; flex-wrap: wrap; } figure { margin: 0; background: #fff; border: 1px solid #dfe6e7; }
figcaption { font-size: 11px; padding: 2px 6px; color: #53666d; }
.box { width: 260px; height: 300px; overflow: hidden; }
.box.phone { width: 130px; } img { width: 100%; display: block; }
"""


def write(folder: Path, report: dict[str, Any], pictures: dict[str, list[str]]) -> None:
    """Write ``index.html`` and ``report.json``; ``pictures``: kind of page -> file names."""
    (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), "utf-8")
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>Shots</title><style>{STYLE}</style>"]
    parts.append(f"<h1>{report['pictures']} pictures of {len(pictures)} kinds, {len(report['faults'])} faults</h1>")
    parts.append(table(report["faults"]))
    for kind, files in sorted(pictures.items()):
        parts.append(f"<h2>{html.escape(kind)}</h2><div class=row>")
        parts += [figure(file) for file in files]
        parts.append("</div>")
    (folder / "index.html").write_text("\n".join(parts), "utf-8")


def table(faults: list[dict[str, str]]) -> str:
    """Return the faults as a table, each text once with how often and where first."""
    count = Counter((one["kind"], one["what"]) for one in faults)
    where = {(one["kind"], one["what"]): one["where"] for one in reversed(faults)}
    rows = "".join(
        f"<tr><td>{html.escape(kind)}<td>{times}<td>{html.escape(where[kind, what])}<td>{html.escape(what)}"
        for (kind, what), times in sorted(count.items())
    )
    return f"<table><tr><th>kind<th>times<th>first at<th>what{rows}</table>"


def figure(file: str) -> str:
    """Return one thumbnail, a link to the picture."""
    name, narrow = html.escape(file), " phone" if "-390-" in file else ""
    return (
        f'<figure><a href="{name}"><div class="box{narrow}"><img loading=lazy src="{name}" alt=""></div></a>'
        f"<figcaption>{name.rsplit('/', 1)[-1][-60:]}</figcaption></figure>"
    )
