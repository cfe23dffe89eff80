"""What small parks of several test folders share: their park.toml, and the reading of a finding's place."""

from __future__ import annotations

import re
from typing import Any

PARK = """format = 1
id = "demo"
country = "CN"
grid_region = "CN-32"
timezone = "Asia/Shanghai"
currency = "CNY"
default_boundary = "B"
[name]
zh = "测试园"
en = "Test park"
"""


def lines_of(finding: dict[str, Any]) -> set[int]:
    """Return the lines that a finding names: in its place, and at the end of its message."""
    named = re.search(r"\(lines ([\d, ]+)\)$", finding["message"])
    more = {int(number) for number in named[1].split(",")} if named else set()
    return more | {finding["where"]["line"]}
