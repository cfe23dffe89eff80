"""Fetch the browser's files (chart library, htmx, icons) from the npm registry, check them, and write the ones we ship.

``assets.lock`` names the packages, their versions and the SHA-256 of tarballs and of what is written. Without arguments
the lock is obeyed and every difference is an error; ``--relock`` takes the hashes as they come (after a version was
changed by hand in the lock). Source-map lines are dropped, since the manifest storage stops at dangling ones.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import sys
import tarfile
import tomllib
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "assets.lock"
NOTICE = ROOT / "NOTICE"
MARK = "Browser files in src/lingtan/web/static/vendor:"
# fmt: off
ICONS = (
    "adjustments", "adjustments-horizontal", "alert-circle", "alert-triangle", "api", "archive", "arrow-back-up",
    "arrow-down", "arrow-left", "arrow-narrow-right", "arrow-right", "arrow-up", "arrows-exchange",
    "arrows-maximize", "arrows-split-2", "atom", "ban", "barrel", "battery", "bell", "bell-off", "bell-ringing",
    "bolt", "book", "bookmark", "brand-wechat", "building", "building-bank", "building-community",
    "building-factory-2", "building-skyscraper", "building-warehouse", "bulb", "bus", "calendar", "calendar-due",
    "calendar-event", "calendar-month", "camera", "car", "certificate", "charging-pile", "chart-bar", "chart-line",
    "check", "chevron-down", "chevron-left", "chevron-right", "chevron-up", "chevrons-right", "circle",
    "circle-check", "circle-dashed", "circle-dot", "circle-minus", "circle-plus", "circle-x", "clipboard-check",
    "clipboard-list", "clock", "cloud", "cloud-fog", "cloud-upload", "coins", "columns", "copy", "cpu", "cylinder",
    "database", "device-analytics", "device-floppy", "device-mobile", "door-exit", "dots", "download", "droplet",
    "droplet-half", "droplets", "edit", "engine", "equal", "exclamation-circle", "external-link", "eye", "eye-off",
    "file", "file-check", "file-description", "file-export", "file-import", "file-plus", "file-spreadsheet",
    "file-text", "file-upload", "file-zip", "files", "filter", "fingerprint", "flag", "flame", "flask", "folder",
    "forms", "gauge", "git-branch", "hand-stop", "help-circle", "hierarchy-2", "history", "history-toggle", "home",
    "hourglass", "inbox", "info-circle", "info-square", "key", "language", "layout-dashboard", "layout-list",
    "leaf", "link", "link-plus", "list", "list-check", "lock", "lock-check", "lock-open", "lock-password", "login",
    "logout", "mail", "mail-opened", "map", "map-pin", "math-function", "menu-2", "message", "message-2",
    "message-circle-exclamation", "meter-square", "minus", "moon", "note", "notes", "package", "packages",
    "paperclip", "password", "pencil", "percentage", "phone", "photo", "pin", "plant", "player-stop", "plug",
    "plug-connected", "plus", "point", "power", "presentation", "printer", "qrcode", "receipt", "recycle",
    "refresh", "report", "report-analytics", "report-money", "ripple", "robot", "robot-face", "route", "ruler-2",
    "ruler-measure", "scale", "scale-outline", "search", "send", "server", "settings", "settings-cog", "share",
    "shield", "shield-check", "shield-lock", "signature", "sitemap", "snowflake", "solar-panel", "sort-ascending",
    "square-check", "stack-2", "star", "steam", "sum", "sun", "swipe", "switch-horizontal", "table", "tag", "tags",
    "target", "target-arrow", "temperature", "test-pipe", "thumb-up", "timeline", "tool", "transform", "trash",
    "tree", "triangle", "truck", "upload", "user", "user-check", "user-cog", "user-plus", "user-shield", "user-x",
    "users", "users-group", "users-plus", "variable", "versions", "wallet", "wand", "webhook", "wifi", "wifi-off",
    "wind", "windmill", "world", "writing-sign", "x", "zoom-in", "zoom-out",
)
# fmt: on


FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def fetch(package: dict[str, object], *, relock: bool) -> tarfile.TarFile:
    """Return the tarball of a package; another hash than the locked one stops the run."""
    name, version = str(package["name"]), str(package["version"])
    address = f"https://registry.npmjs.org/{name}/-/{name.split('/')[-1]}-{version}.tgz"
    with urllib.request.urlopen(address, timeout=300) as answer:
        content = answer.read()
    if relock:
        package["sha256"] = digest(content)
    elif digest(content) != package["sha256"]:
        raise SystemExit(f"{name} {version}: expected SHA-256 {package['sha256']}, got {digest(content)}")
    return tarfile.open(fileobj=io.BytesIO(content))


def member(archive: tarfile.TarFile, path: str) -> bytes:
    """Return one file of a package."""
    found = archive.extractfile(f"package/{path}")
    if found is None:
        raise SystemExit(f"{path} is not in the package")
    return found.read()


def clean(content: bytes) -> bytes:
    """Drop source-map lines and blanks at line ends, which whitespace checks would refuse."""
    text = re.sub(r"^\s*(//[#@]|/\*#)\s*sourceMappingURL=.*$", "", content.decode("utf-8"), flags=re.MULTILINE)
    return ("\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n").encode("utf-8")


def sprite(archive: tarfile.TarFile) -> bytes:
    """Return one SVG with a symbol for each icon of `ICONS`; lines take the colour and width of the page."""
    symbols = []
    for name in sorted(ICONS):
        svg = member(archive, f"icons/outline/{name}.svg").decode("utf-8")
        inner = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", inner, flags=re.DOTALL)
        inner = "".join(line.strip() for line in inner.splitlines()).replace(FRAME, "")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode("utf-8")


def build(package: dict[str, object], *, relock: bool) -> list[tuple[dict[str, str], bytes]]:
    """Return the files of a package as they are shipped."""
    archive = fetch(package, relock=relock)
    files: list[dict[str, str]] = package["files"]  # type: ignore[assignment]
    return [(one, sprite(archive) if one["from"] == "icons/" else clean(member(archive, one["from"]))) for one in files]


def locked(packages: list[dict[str, object]]) -> str:
    """Return the text of the lock."""
    lines = ["# Written by tools/vendor_assets.py; change a version here, then run it with --relock.", ""]
    for package in packages:
        lines.append("[[package]]")
        lines += [f'{key} = "{package[key]}"' for key in ("name", "version", "license", "credit", "sha256")]
        for file in package["files"]:  # type: ignore[attr-defined]
            lines += ["", "[[package.files]]", *(f'{key} = "{file[key]}"' for key in ("from", "to", "sha256"))]
        lines.append("")
    return "\n".join(lines)


def notice(packages: list[dict[str, object]]) -> str:
    """Return NOTICE with its paragraph on browser files brought up to date."""
    shipped = [one for one in packages if any("src/" in file["to"] for file in one["files"])]  # type: ignore[attr-defined]
    rows = [f"- {one['name']} {one['version']} ({one['license']}): {one['credit']}" for one in shipped]
    before = NOTICE.read_text("utf-8").split(MARK)[0].rstrip()
    return before + "\n\n" + MARK + "\n" + "\n".join(rows) + "\n"


def main() -> None:
    """Write the files, the lock and the notice; stop at the first difference unless told to take it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--relock", action="store_true", help="take the hashes as they come")
    given = parser.parse_args()
    packages = tomllib.loads(LOCK.read_text("utf-8"))["package"]
    for package in packages:
        for file, content in build(package, relock=given.relock):
            if given.relock:
                file["sha256"] = digest(content)
            elif digest(content) != file["sha256"]:
                sys.exit(f"{file['to']}: expected SHA-256 {file['sha256']}, got {digest(content)}")
            target = ROOT / file["to"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            print(f"{file['to']}  {len(content):,} bytes")
    LOCK.write_text(locked(packages), "utf-8")
    NOTICE.write_text(notice(packages), "utf-8")


if __name__ == "__main__":
    main()
