"""`make demo`: build the example park once, account for it, explain three figures, and serve the platform with it.

The platform stands on http://127.0.0.1:8000 until Ctrl-C (``DEMO_PORT`` names another port); with ``DEMO_SERVE=0``, and
where nobody watches (no terminal, ``CI`` set), it is brought up, its address and people are printed, and it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.service import Service

BEGAN = time.perf_counter()

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out"
PARK = OUT / "park"
PLATFORM = Path(os.environ.get("LINGTAN_DATA") or OUT / "platform")
ACCOUNTS = PLATFORM / "accounts.json"
ADMINISTRATORS = ("system", "security", "audit")
SEED = 1
YEAR = 2025
METHOD = "cn-zcp-2025"
FIGURES = ("total:co2_t_per_tce", "line:electricity:EL_GRID_E01:grid", "flow:EL_E02@2025-02")
PORT = int(os.environ.get("DEMO_PORT", "8000"))
#: The people of the demonstration: name, role, enterprise; passwords are made for each installation.
PEOPLE = (
    ("office", "office", ""),
    ("head", "office", ""),
    ("reporter-e01", "reporter", "E01"),
    ("approver-e01", "approver", "E01"),
    ("reporter-e02", "reporter", "E02"),
    ("approver-e02", "approver", "E02"),
    ("verifier", "verifier", ""),
    ("regulator", "regulator", ""),
    ("system", "system", ""),
    ("security", "security", ""),
    ("audit", "audit", ""),
)
LANGUAGE = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


def stamp() -> str:
    """Fingerprint of what the example park depends on: its generator and the locked packages."""
    digest = hashlib.sha256(str(SEED).encode())
    for path in [*sorted((ROOT / "src/lingtan/example").rglob("*.py")), ROOT / "uv.lock"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def say(text: str) -> None:
    """Print one step of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def build() -> None:
    """Write the example park unless it stands already."""
    mark = OUT / "park.stamp"
    if mark.exists() and mark.read_text() == stamp():
        say("[1/4] the example park is built already (out/park)")
        return
    say("[1/4] building the example park: three years, about 150 metering points (once)")
    from lingtan import example

    shutil.rmtree(PARK, ignore_errors=True)
    example.write(PARK, seed=SEED, progress=lambda step: say(f"      {step}"))
    mark.write_text(stamp())


def account() -> None:
    """Print the account and three explanations, write the workbook and the page; what stands already is only shown."""
    say(f"[2/4] lingtan account out/park --year {YEAR} --method {METHOD}")
    kept, mark = OUT / f"account-{LANGUAGE}.txt", OUT / f"account-{LANGUAGE}.stamp"
    files = [kept, OUT / "account.xlsx", OUT / "account.html"]
    digest = computing()
    if not (mark.exists() and mark.read_text() == digest and all(path.exists() for path in files)):
        mark.unlink(missing_ok=True)
        kept.write_text(draw(), encoding="utf-8")
        mark.write_text(digest)
    print(kept.read_text("utf-8"), flush=True)
    say("[3/4] out/account.xlsx and out/account.html are written")


def draw() -> str:
    """Return the account and the explanations as text, and write the workbook and the page."""
    from lingtan.book import Book
    from lingtan.cli.summary import render

    book = Book.open(PARK)
    made = book.account(YEAR, METHOD)
    text = render(made, book.park, LANGUAGE, synthetic=book.synthetic)
    for figure in FIGURES:
        text += f"\n\n$ lingtan explain out/park {figure} --year {YEAR}\n"
        text += book.explain(figure, YEAR, METHOD).as_text(LANGUAGE)
    book.write(made, OUT / "account.xlsx", kind="excel")
    book.write(made, OUT / "account.html", kind="html")
    return text


def computing() -> str:
    """Fingerprint of what the platform's figures depend on: the park, and the rooms that compute."""
    digest = hashlib.sha256(stamp().encode())
    rooms = [path for path in (ROOT / "src/lingtan").rglob("*") if path.suffix in {".py", ".csv", ".toml"}]
    for path in sorted(rooms):
        if "web" not in path.parts or "account" in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def fill(service: Service) -> None:
    """Take the example park into the platform, draw its account, make its people and let them work, once."""
    import demo_scene
    from django.db import transaction

    from lingtan.web.account.compute import compute_now
    from lingtan.web.park.folder import book, import_folder
    from lingtan.web.park.park import Park

    held, mark = PLATFORM / "demo.stamp", computing()
    park = Park.objects.filter(synthetic=True).first()
    if park is None or not held.exists() or held.read_text() != mark:
        say("      taking the example park into the platform (once)")
        import_folder(PARK, by=None, park=park, reason="make demo", progress=step)
        park = Park.objects.get(synthetic=True)
        with transaction.atomic():
            compute_now(park, book(park), progress=step)
        held.write_text(mark)
    people(park)
    with transaction.atomic():
        links = demo_scene.play(park)
    if links:
        (PLATFORM / "links.json").write_text(json.dumps(links))


def step(name: str, done: int = 0, total: int = 0) -> None:
    """Print a step of long work once."""
    if str(name) not in _TOLD:
        _TOLD.add(str(name))
        say(f"      {name}")


_TOLD: set[str] = set()


def people(park: Park) -> None:
    """Make the people that are missing, each with a password of his own, kept for this user alone."""
    from allauth.account.models import EmailAddress

    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    kept = json.loads(ACCOUNTS.read_text()) if ACCOUNTS.is_file() else {}
    for name, role, code in PEOPLE:
        if name in kept and User.objects.filter(username=name).exists():
            continue
        kept[name] = password()
        user = User.objects.filter(username=name).first() or User(username=name, email=f"{name}@example.org")
        user.set_password(kept[name])
        user.save()
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        node = Node.objects.get(park=park, code=code) if code else None
        part = {"user": user, "park": None if role in ADMINISTRATORS else park, "role": role, "enterprise": node}
        Membership.objects.get_or_create(**part, defaults={"head": name == "head"})
    with os.fdopen(os.open(ACCOUNTS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file, indent=1)


def password() -> str:
    """Return a random password that every profile takes: three of four classes, no look-alikes."""
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4)) + "-aA7"


def greet(service: Service) -> None:
    """Print where the platform is and who may sign in; go on in front of a person, else end."""
    from lingtan.web.serve_words import say as told

    kept = json.loads(ACCOUNTS.read_text())
    print("\n" + told("address", address=service.address))
    for name, role, code in PEOPLE:
        print(f"  {name:<14} {kept[name]:<26} {role} {code}".rstrip())
    say(f"done in {time.perf_counter() - BEGAN:.0f} s; " + told("stop"))
    service.once = not watched()


def watched() -> bool:
    """Tell whether somebody is there to use the platform."""
    wish = os.environ.get("DEMO_SERVE")
    return wish == "1" or (wish is None and sys.stdout.isatty() and not os.environ.get("CI"))


def serve() -> None:
    """Bring the platform up and keep it until Ctrl-C."""
    os.environ["LINGTAN_LANG"] = LANGUAGE
    os.environ.setdefault("LINGTAN_TRIAL", "1")  # also on a database of one's own: the demonstration speaks plain http
    from lingtan.web.embedded import EmbeddedError
    from lingtan.web.service import ServeError, Service

    say("[4/4] the platform")
    try:
        Service(PLATFORM, port=PORT, tell=lambda line: say(f"      {line}"), before=fill, ready=greet).run()
    except (ServeError, EmbeddedError) as fault:
        say(f"error: {fault}")
        sys.exit(2)


def main() -> None:
    """Run the demonstration."""
    OUT.mkdir(exist_ok=True)
    build()
    account()
    say("      open out/account.html, or ask: lingtan explain out/park --list")
    serve()


if __name__ == "__main__":
    main()
