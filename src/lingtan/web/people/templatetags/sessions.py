"""What a session was opened with, in words."""

from __future__ import annotations

import re

from django import template
from django.utils.translation import gettext as _

register = template.Library()
#: Mark in a browser's description -> name; the first that is found holds, since each calls itself the later ones too.
BROWSERS = (
    (r"MicroMessenger/(\d+)", "WeChat"), (r"Edg\w*/(\d+)", "Edge"), (r"OPR/(\d+)", "Opera"),
    (r"Firefox/(\d+)", "Firefox"),
    (r"(?:Headless)?Chrom\w*/(\d+)", "Chrome"), (r"Version/(\d+).*Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser(description: str) -> str:
    """Return the browser and the system that a session's description names, such as ``Chrome 141 · Windows``."""
    found = ((re.search(mark, description or ""), name) for mark, name in BROWSERS)
    program = next((f"{name} {hit.group(1)}" for hit, name in found if hit), "")
    system = next((name for mark, name in SYSTEMS if re.search(mark, description or "")), "")
    return " · ".join(part for part in (program, system) if part) or _("a program without a name")
