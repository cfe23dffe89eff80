"""Templates obey the content policy: nothing inline, nothing from outside; every icon exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lingtan.web

WEB = Path(lingtan.web.__file__).parent
TEMPLATES = sorted(WEB.rglob("templates/**/*.html"))
IDS = [str(file.relative_to(WEB)) for file in TEMPLATES]


@pytest.mark.parametrize("file", TEMPLATES, ids=IDS)
def test_nothing_is_inline(file: Path) -> None:
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{%.*?%}|{{.*?}}", "", file.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "style attribute"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "handler attribute"
    assert not re.search(r"<style[\s>]", text), "style element"
    assert not re.search(r"hx-on|hx-vals\s*=\s*['\"]js:|javascript:", text), "script in an attribute"
    for script in re.findall(r"<script\b([^>]*)>", text):
        assert "src=" in script or "application/json" in script, "inline script"


@pytest.mark.parametrize("file", TEMPLATES, ids=IDS)
def test_nothing_is_loaded_from_another_host(file: Path) -> None:
    found = re.findall(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//[^"']+""", file.read_text("utf-8"))
    assert not found


@pytest.mark.parametrize("file", TEMPLATES, ids=IDS)
def test_every_icon_of_a_template_is_in_the_sprite(file: Path) -> None:
    sprite = (WEB / "static" / "vendor" / "icons.svg").read_text("utf-8")
    known = set(re.findall(r'id="([\w-]+)"', sprite))
    assert set(re.findall(r'{% icon "([\w-]+)"', file.read_text("utf-8"))) <= known


def test_every_icon_of_the_tables_is_in_the_sprite() -> None:
    from lingtan.web.kernel.frame import ENTRIES
    from lingtan.web.kernel.tags import STATES

    sprite = (WEB / "static" / "vendor" / "icons.svg").read_text("utf-8")
    wanted = {one[0] for one in STATES.values()} | {one[1] for one in ENTRIES}
    assert wanted <= set(re.findall(r'id="([\w-]+)"', sprite))
