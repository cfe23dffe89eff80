"""Colours: they stand in one file, and every pair that meets on a page keeps its contrast in both themes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import lingtan.web

APP = Path(lingtan.web.__file__).parent / "static" / "app"
THEMES = ("light", "dark")
STATES = ("ok", "watch", "act", "info")
COMMODITIES = (
    "elec-grid", "elec-wind", "elec-pv", "elec-cert", "gas", "coal", "diesel", "heat", "cooling", "biomass",
    "hydrogen", "water", "waste", "process",
)  # fmt: skip
#: Fills that look.md leaves under 3 : 1: they carry a direct label.
LABELLED = {"light": {"elec-pv", "elec-cert", "process", "biomass", "cooling", "gas"}, "dark": set()}


def tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme."""
    text = (APP / "tokens.css").read_text("utf-8")
    light, _at, dark = text.partition("@media screen")
    found = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6})", dark)) if theme == "dark" else {})


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2 between two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["bg", "surface", "tint"])
@pytest.mark.parametrize("ink", ["text", "second", "primary", *STATES])
def test_text_reads_on_every_ground(theme: str, ground: str, ink: str) -> None:
    found = tokens(theme)
    assert contrast(found[ink], found[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", STATES)
def test_a_state_reads_on_its_soft_ground(theme: str, state: str) -> None:
    found = tokens(theme)
    assert round(contrast(found[state], found[f"{state}-ground"]), 1) >= 4.8
    assert contrast(found["text"], found[f"{state}-ground"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_primary_button_and_the_chosen_row_read(theme: str) -> None:
    found = tokens(theme)
    assert contrast(found["on-primary"], found["primary"]) >= 6
    assert contrast(found["primary"], found["soft"]) >= 4.5
    assert contrast(found["second"], found["soft"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["primary", "q-faulty", "q-late"])
def test_marks_stand_out_by_three_to_one(theme: str, ink: str) -> None:
    found = tokens(theme)
    assert contrast(found[ink], found["surface"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_commodities_stand_out_or_are_labelled(theme: str) -> None:
    found = tokens(theme)
    weak = {one for one in COMMODITIES if contrast(found[one], found["surface"]) < 3}
    assert weak - LABELLED[theme] <= {"waste", "hydrogen", "water"} if theme == "light" else not weak


def test_no_colour_is_written_outside_the_tokens() -> None:
    colour = re.compile(r"#[0-9A-Fa-f]{3,8}\b(?!-)|\b(?:rgba?|hsla?|oklch|color)\(")
    for file in APP.glob("*.css"):
        if file.name != "tokens.css":
            assert not colour.findall(file.read_text("utf-8")), file.name


def test_scripts_take_colours_from_tokens_only() -> None:
    for file in APP.glob("*.js"):
        text = file.read_text("utf-8").replace("rgba(${r}, ${g}, ${b}, ${share})", "")
        assert not re.findall(r"""["'`](?:#[0-9A-Fa-f]{3,8}|rgba?\(|hsl)""", text), file.name


def test_every_token_that_is_used_exists() -> None:
    known = set(re.findall(r"--([\w-]+):", (APP / "tokens.css").read_text("utf-8")))
    for file in [*APP.glob("*.css"), *APP.glob("*.js")]:
        text = file.read_text("utf-8")
        used = set(re.findall(r"var\(--([\w-]+)", text)) | set(re.findall(r'(?:token|faint)\("([\w-]+)"', text))
        assert used <= known, file.name


@pytest.mark.parametrize(
    "name", ["tokens.css", "base.css", "parts.css", "print.css", "app.js", "charts.js", "charts_more.js", "figures.js"]
)
def test_a_file_of_the_look_stays_readable(name: str) -> None:
    assert (APP / name).read_text("utf-8").count("\n") <= 500


def test_no_word_is_set_in_capitals_by_style() -> None:
    for file in APP.glob("*.css"):
        assert "text-transform" not in file.read_text("utf-8")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed: scripts are not parsed")
@pytest.mark.parametrize("file", sorted(APP.glob("*.js")), ids=lambda file: file.name)
def test_a_script_parses_as_a_module(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / f"{file.stem}.mjs"
    copy.write_text(file.read_text("utf-8"), "utf-8")
    assert subprocess.run(["node", "--check", str(copy)], capture_output=True, check=False).returncode == 0
