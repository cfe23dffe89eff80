"""The tool that looks at pages: what it takes for a fault, and that it finds none (axe on each kind of page)."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "Correct-Horse-9"
#: Kinds of pages that are opened each time; all of them are at night.
FEW = (
    r"^p/<str:park>/$|/account/$|/issues/$|/reports/$|/forms/new/$|/people/$|/registers/$"
    r"|registers/<slug:slug>/(?:|new/|<int:pk>/|<int:pk>/edit/) |/today/$|^me/$|login/$"
)
browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser at /usr/bin/chromium: pages are not opened")


def shots(*words: str, timeout: int) -> tuple[int, dict[str, Any]]:
    """Run the tool with some words of its command line; return its exit code and report."""
    command = [sys.executable, str(ROOT / "tools/shots.py"), *words]
    own = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, env=own)
    report = Path(words[words.index("--out") + 1]) / "report.json"
    assert report.exists(), done.stderr[-2000:]
    return done.returncode, dict(json.loads(report.read_text("utf-8")))


@browser
@pytest.mark.django_db(transaction=True)
def test_each_kind_of_page_of_an_empty_park_is_without_a_fault(park: Any, live_server: Any, tmp_path: Path) -> None:
    from lingtan.web.people.user import Membership, User

    user = User.objects.create_user(username="office", email="office@example.org", password=PASSWORD)
    Membership.objects.create(user=user, park=park, role="office", head=True)
    folder = tmp_path / "park"
    folder.mkdir()
    (folder / "nodes.csv").write_text("id,name_zh,name_en\nA,A 厂,Plant A\ngrid,grid 厂,Plant grid\n", "utf-8")
    code, report = shots(
        live_server.url, "--account", f"office:{PASSWORD}", "--people", "office", "--ways", "zh-1440-light", "--brief",
        "--blind", "--each", "1", "--pages", FEW, "--park", str(folder), "--out", str(tmp_path), timeout=170,
    )  # fmt: skip
    assert report["faults"] == []
    assert code == 0
    assert report["opened"] >= 12


@browser
@pytest.mark.nightly
def test_every_page_of_the_demonstration_is_without_a_fault(tmp_path: Path) -> None:
    data = tmp_path / "platform"
    free = os.environ.get("LINGTAN_SHOTS_PORT", "8091")
    code, report = shots(
        f"http://127.0.0.1:{free}", "--data", str(data), "--out", str(tmp_path / "shots"), timeout=5_400
    )
    assert report["faults"] == []
    assert code == 0


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """Return the module with the rules."""
    found = importlib.util.spec_from_file_location("shots_check", ROOT / "tools" / "shots_check.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["shots_check"] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "language", "foreign"),
    [
        ("Save the change", "zh", True),
        ("保存 the change", "zh", True),
        ("保存修改", "zh", False),
        ("EL_GRID_E01 · 3,662 MWh", "zh", False),
        ("readings/2025.parquet 第 3 行", "zh", False),
        ("reporter@example.org", "zh", False),
        ("GHG Protocol · 按地域", "zh", False),
        ("保存修改", "en", True),
        ("Saved by 王工", "en", False),
        ("发改环资〔2025〕910号 annex 3", "en", False),
    ],
)
def test_words_of_the_other_language_are_told_from_data(
    check: ModuleType, text: str, language: str, foreign: bool
) -> None:
    known = check.Language(data="王工", pairs=[("Save the change", "保存修改")])
    assert bool(known.foreign(text, language)) is foreign


@pytest.mark.parametrize("text", ["NaN t", "None", "undefined", "%(count)s rows", "{{ name }}", "[object Object]"])
def test_a_value_that_broke_is_found(check: ModuleType, text: str) -> None:
    found = list(check.wrong_words([[text, False]], "en", check.Language()))
    assert found == [("broken value", text)]


@pytest.mark.parametrize("text", ["Nothing waits", "None yet: register the first meter", "a set {1, 2}"])
def test_plain_words_are_no_broken_values(check: ModuleType, text: str) -> None:
    assert list(check.wrong_words([[text, False]], "en", check.Language())) == []
