"""`python -m benchmarks`: every benchmark in a process of its own; ratios to baselines of the same run."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("series", "chain", "enterprises", "web_lists", "store")
for name in (f"benchmarks.{name}" for name in NAMES):
    print(name, flush=True)
    subprocess.run([sys.executable, "-m", name], check=True)
