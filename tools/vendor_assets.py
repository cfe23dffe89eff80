"""Fetch the browser's files and the fonts of papers from the npm registry, check them, and write the ones we ship.

``assets.lock`` names the packages, their versions and the SHA-256 of tarballs and of what is written. Without arguments
the lock is obeyed and every difference is an error; ``--relock`` takes the hashes as they come (after a version was
changed by hand in the lock). Source-map lines are dropped, since the manifest storage stops at dangling ones. Fonts are
cut to the letters of GB 2312 and the signs of `SIGNS`; `glyphs.txt` beside them says which those are.
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
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "assets.lock"
NOTICE = ROOT / "NOTICE"
#: First line of a paragraph of NOTICE -> folder of what it lists.
MARKS = {
    "Browser files in src/lingtan/web/static/vendor:": "src/lingtan/web/static/",
    "Fonts in src/lingtan/report/data/fonts, cut to fewer letters:": "src/lingtan/report/data/fonts/",
}
#: Spans of code points that papers need beside GB 2312: Latin, punctuation, sub- and superscripts, arrows, signs.
SIGNS = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x2C6, 0x2DD), (0x391, 0x3C9), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF),
    (0x2100, 0x214F), (0x2150, 0x218F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x25A0, 0x25FF),
    (0x2600, 0x2606), (0x2713, 0x2717), (0x3000, 0x303F), (0xFF00, 0xFFEF),
)  # fmt: skip
#: Letters of names of people, firms and places that GB 2312 does not have.
NAMES = (
    "喆堃玥珺祎彧昇昉晞暐煊珅珮琎璟璠瑀瑄琯珣翀赟頔骉垚犇燚婳姮嫚堉垟垭塬浠涑浉洺湉溦濛炘烜焜燊曈曌玙玠玗琇琤甯禛祾禔稹竑翯"
    "芃蓥讱诒谞赑邨郗鎏镕镠锜锬铖钰铉钘珞珧珽琚琰瑢瑨璁璘璥瓒皞皓晳晢晙晅昀旸昳旴曦炜炆烔焱焯煐煦熠熹燏爔犟玏玚玟瑆甪畲"
    "砚硚砼硐磲秾笪筱箬粼綎纮绂绗绤绹缊缦翚翛聿聃菀菡萏蒎蓁蔺薏藠蜎蝾袆袗裎觊诩诜谡谯贇赆跹轺辚辿迩逄逯遆邳邶郏郐郓郫"
    "鄄鄠酂釂阇陉隽雩霂霈靓韫頫飏飚馀驺驿骎骐鱻鲲鸢鸾鹍麴黉齮龑啰嗣瞭橪杺枞栐桉梽棪椋楝楹榑橦檀櫆毖沄沇沨泠泱洎洸浛浥淏淯渌"
    "湜滢潆漪潼澔澴瀚灏灞"
)
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


def letters() -> set[int]:
    """Return the code points that fonts are cut to; those that a font does not have stay away."""
    rows = (bytes((high, low)) for high in range(0xA1, 0xFF) for low in range(0xA1, 0xFF))
    national = {ord(one) for row in rows for one in row.decode("gb2312", "ignore")}
    return national.union(map(ord, NAMES), *(range(first, last + 1) for first, last in SIGNS))


SMALL = 0.62
#: Signs that the font lacks, or has too wide for Latin text, drawn from its own letters: sign -> (letter, rise in parts
#: of the size, scale).
DRAWN = {
    **{chr(0x2080 + one): (str(one), -0.12, SMALL) for one in range(10)},
    **{sign: (letter, 0.36, SMALL) for sign, letter in zip("⁰⁵⁶⁷⁸⁹⁺⁻ⁿ", "056789+−n", strict=True)},
    "·": (".", 0.3, 1.0),
}


def draw(font: Any) -> None:
    """Add the signs of `DRAWN` to a font, as letters moved up or down."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    names, size = font.getBestCmap(), font["head"].unitsPerEm
    for sign, (letter, rise, scale) in DRAWN.items():
        own, name = names[ord(letter)], f"drawn{ord(sign):04X}"
        pen = TTGlyphPen(font.getGlyphSet())
        pen.addComponent(own, (scale, 0, 0, scale, 0, round(rise * size)))
        font["glyf"][name] = pen.glyph()
        width, bearing = font["hmtx"][own]
        font["hmtx"][name] = (round(width * scale), round(bearing * scale))
        if "vmtx" in font:
            font["vmtx"][name] = font["vmtx"][own]
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[ord(sign)] = name


def cut(content: bytes) -> bytes:
    """Return a font with the letters of `letters` alone, without hints; the same bytes each time."""
    from fontTools import subset

    wanted = subset.Options(hinting=False, layout_features=["kern", "mark", "locl", "tnum", "lnum"])
    wanted.recalc_timestamp, wanted.recalc_bounds, wanted.notdef_outline = False, True, True
    font = subset.load_font(io.BytesIO(content), wanted)
    cutter = subset.Subsetter(wanted)
    cutter.populate(unicodes=letters())
    cutter.subset(font)
    draw(font)
    out = io.BytesIO()
    subset.save_font(font, out, wanted)
    return out.getvalue()


def glyphs(content: bytes) -> bytes:
    """Return the letters of a cut font as text, sixty-four a line; blanks and controls are not among them."""
    from fontTools.ttLib import TTFont

    known = sorted(chr(one) for one in TTFont(io.BytesIO(cut(content))).getBestCmap() if not chr(one).isspace())
    text = "".join(one for one in known if one.isprintable())
    return ("\n".join(text[at : at + 64] for at in range(0, len(text), 64)) + "\n").encode("utf-8")


def shipped(archive: tarfile.TarFile, file: dict[str, str]) -> bytes:
    """Return one file as it is shipped, by what it is."""
    if file["from"] == "icons/":
        return sprite(archive)
    content = member(archive, file["from"])
    if file["from"].endswith(".ttf"):
        return cut(content) if file["to"].endswith(".ttf") else glyphs(content)
    return clean(content)


def build(package: dict[str, object], *, relock: bool) -> list[tuple[dict[str, str], bytes]]:
    """Return the files of a package as they are shipped."""
    archive = fetch(package, relock=relock)
    files: list[dict[str, str]] = package["files"]  # type: ignore[assignment]
    return [(one, shipped(archive, one)) for one in files]


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
    """Return NOTICE with its paragraphs on vendored files brought up to date."""
    text = re.split("|".join(map(re.escape, MARKS)), NOTICE.read_text("utf-8"))[0].rstrip()
    for mark, folder in MARKS.items():
        own = [one for one in packages if any(file["to"].startswith(folder) for file in one["files"])]  # type: ignore[attr-defined]
        rows = [f"- {one['name']} {one['version']} ({one['license']}): {one['credit']}" for one in own]
        text += "\n\n" + mark + "\n" + "\n".join(rows)
    return text + "\n"


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
