"""The shipped tables are what the build script makes from the collected figures, byte for byte."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTED = ROOT.parent / "shared" / "reference"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (COLLECTED / "fuels.csv").is_file(), reason="collected figures are not beside the project"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("build_reference", ROOT / "tools" / "build_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target = tmp_path_factory.mktemp("data")
    module.main(["--from", str(COLLECTED), "--to", str(target)])
    return target


@pytest.mark.parametrize("table", ["fuels", "tce", "grid", "gwp", "process", "heat", "iapws_if97"])
def test_the_shipped_table_is_the_built_one(built, table):
    shipped = ROOT / "src" / "lingtan" / "reference" / "data" / f"{table}.csv"
    assert (built / f"{table}.csv").read_bytes() == shipped.read_bytes()
