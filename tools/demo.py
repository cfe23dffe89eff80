"""`make demo`: build the example park once, account for it, explain three figures, write out/."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out"
PARK = OUT / "park"
SEED = "1"
YEAR = "2025"
METHOD = "cn-zcp-2025"


def stamp() -> str:
    """Fingerprint of what the example park depends on: its generator and the locked packages."""
    digest = hashlib.sha256(SEED.encode())
    for path in [*sorted((ROOT / "src/lingtan/example").rglob("*.py")), ROOT / "uv.lock"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def say(text: str) -> None:
    """Print one step of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def lingtan(*words: str) -> None:
    """Run the command as a person would; stop with its code when it fails."""
    say(f"$ lingtan {' '.join(words)}")
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "lingtan.cli", *words], cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    say(f"  ({time.perf_counter() - began:.1f} s)")


def main() -> None:
    """Run the demonstration."""
    OUT.mkdir(exist_ok=True)
    mark = OUT / "park.stamp"
    if not mark.exists() or mark.read_text() != stamp():
        say("[1/3] building the example park: three years, about 150 metering points (once)")
        lingtan("example", "out/park", "--seed", SEED, "--force")
        mark.write_text(stamp())
    else:
        say("[1/3] the example park is built already (out/park)")
    say("[2/3] readings -> flows -> account")
    files = ["--excel", "out/account.xlsx", "--html", "out/account.html"]
    figures = [
        "--explain",
        "total:co2_t_per_tce",
        "--explain",
        "category:electricity",
        "--explain",
        "flow:el-E01@2025-03",
    ]
    lingtan("account", "out/park", "--year", YEAR, "--method", METHOD, *files, *figures)
    say("[3/3] done: out/account.xlsx, out/account.html")


if __name__ == "__main__":
    main()
