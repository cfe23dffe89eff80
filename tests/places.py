"""Reading a finding's place out of JSON."""

from __future__ import annotations

import re
from typing import Any


def lines_of(finding: dict[str, Any]) -> set[int]:
    """Return the lines that a finding names: in its place, and at the end of its message."""
    named = re.search(r"\(lines ([\d, ]+)\)$", finding["message"])
    more = {int(number) for number in named[1].split(",")} if named else set()
    return more | {finding["where"]["line"]}
