"""`make demo`: build the example park once, account for it, explain three figures, write out/."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out"
PARK = OUT / "park"
SEED = 1
YEAR = 2025
METHOD = "cn-zcp-2025"
FIGURES = ("total:co2_t_per_tce", "line:electricity:EL_GRID_E01:grid", "flow:EL_E02@2025-02")
LANGUAGE = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


def stamp() -> str:
    """Fingerprint of what the example park depends on: its generator and the locked packages."""
    digest = hashlib.sha256(str(SEED).encode())
    for path in [*sorted((ROOT / "src/lingtan/example").rglob("*.py")), ROOT / "uv.lock"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def say(text: str) -> None:
    """Print one step of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def build() -> None:
    """Write the example park unless it stands already."""
    mark = OUT / "park.stamp"
    if mark.exists() and mark.read_text() == stamp():
        say("[1/3] the example park is built already (out/park)")
        return
    say("[1/3] building the example park: three years, about 150 metering points (once)")
    from lingtan import example

    shutil.rmtree(PARK, ignore_errors=True)
    example.write(PARK, seed=SEED, progress=lambda step: say(f"      {step}"))
    mark.write_text(stamp())


def account() -> None:
    """Print the account and three explanations; write the workbook and the page."""
    from lingtan.book import Book
    from lingtan.cli.summary import render

    say(f"[2/3] lingtan account out/park --year {YEAR} --method {METHOD}")
    book = Book.open(PARK)
    made = book.account(YEAR, METHOD)
    print(render(made, book.park, LANGUAGE, synthetic=book.synthetic))
    for figure in FIGURES:
        say(f"\n$ lingtan explain out/park {figure} --year {YEAR}")
        print(book.explain(figure, YEAR, METHOD).as_text(LANGUAGE))
    say("\n[3/3] writing out/account.xlsx and out/account.html")
    book.write(made, OUT / "account.xlsx", kind="excel")
    book.write(made, OUT / "account.html", kind="html")


def main() -> None:
    """Run the demonstration."""
    began = time.perf_counter()
    OUT.mkdir(exist_ok=True)
    build()
    account()
    say(f"done in {time.perf_counter() - began:.0f} s; open out/account.html, or ask: lingtan explain out/park --list")


if __name__ == "__main__":
    main()
