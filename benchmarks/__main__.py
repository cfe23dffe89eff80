"""`python -m benchmarks`: every benchmark in a process of its own; ratios to baselines of the same run."""

from __future__ import annotations

import subprocess
import sys

for name in ("benchmarks.series", "benchmarks.chain", "benchmarks.enterprises", "benchmarks.web_lists"):
    print(name, flush=True)
    subprocess.run([sys.executable, "-m", name], check=True)
