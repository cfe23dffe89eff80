"""The example park: a realistic Chinese industrial park with its truth, written as a park folder; all synthetic.

`write` makes it. The room knows the folder's format and nothing of the rooms that read it, so that its
``truth.json`` is an independent answer. Load shapes come from demandlib, sun from pvlib (extra ``example``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from lingtan.example import defects, frame, green, papers, readings, truth, world
from lingtan.example.grid import Window
from lingtan.example.shapes import MissingExtraError

__all__ = ["MissingExtraError", "write"]

EVIDENCE_TEXT = "合成文件，仅供示例。\nSynthetic document of the Lingtan example park; it stands for a scanned paper.\n"


def write(
    path: Path | str,
    seed: int = 1,
    *,
    years: tuple[int, ...] = (2023, 2024, 2025),
    small: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write the example park and its ``truth.json`` into a folder; same seed and versions give the same park.

    Parameters
    ----------
    path : folder to write into; made where it is absent, files of the same name are replaced.
    seed : of all random series.
    years : consecutive calendar years.
    small : only January and February of the last year, for tests and first steps.
    progress : is told a line of text at each stage.

    Raises
    ------
    MissingExtraError
        when demandlib or pvlib (extra ``example``) is not installed.
    ValueError
        when ``years`` are not consecutive or reach beyond the holidays known here (2023 to 2025).
    """
    say = progress or (lambda text: None)
    window = _window(years, small=small)
    root = Path(path)
    root.mkdir(parents=True, exist_ok=True)
    say(f"example park: {window.start} to {window.end}, seed {seed}")
    park = world.build(window, seed=seed)
    book = defects.Book(park)
    points = readings.write(root, book, say)
    written = papers.build(park)
    book.entries += written.entries
    known = truth.amounts(book)
    written.entries.clear()
    cover = green.build(written, window, truth.bought(known, window.years))
    book.entries += written.entries
    files = frame.build(park) | {"meters.csv": frame.meters(book)} | written.files
    (root / "park.toml").write_text(frame.TOML, encoding="utf-8")
    for name, rows in files.items():
        _write_csv(root / name, rows)
    for name in sorted(written.evidence):
        _write_text(root / name, EVIDENCE_TEXT)
    document = truth.document(book, known, cover, points)
    _write_text(root / "truth.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    say(f"{len(points)} metering points, {len(book.entries)} defects entered in truth.json")
    return root


def _window(years: tuple[int, ...], *, small: bool) -> Window:
    if not years or list(years) != list(range(years[0], years[0] + len(years))) or years[0] < 2023 or years[-1] > 2025:
        raise ValueError(f"years: expected consecutive years out of 2023 to 2025, such as (2024, 2025); came {years!r}")
    if small:
        return Window(date(years[-1], 1, 1), date(years[-1], 3, 1))
    return Window(date(years[0], 1, 1), date(years[-1] + 1, 1, 1))


def _write_csv(path: Path, rows: papers.Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
