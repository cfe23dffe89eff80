"""Two enterprises filled with marks; whoever has no part in one of them opens every address and finds none of them."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from canary_fill import Filler, record_types
from canary_walk import Walker, alike, routes
from django.test import Client
from django.utils import timezone

from lingtan.web.account.issue import Issue
from lingtan.web.account.run import Run
from lingtan.web.api import keys
from lingtan.web.kernel.register import registers
from lingtan.web.park.node import Node
from lingtan.web.people import actions
from lingtan.web.people.user import Membership, User
from lingtan.web.publish import store
from lingtan.web.publish.document import Document, DocumentVersion
from lingtan.web.publish.release import Release
from lingtan.web.reporting.files.batch import ImportBatch
from lingtan.web.reporting.mapping import Mapping

NUMBERS = {"a": 518206, "b": 739104}
YEAR = {"period_from": date(2025, 1, 1), "period_to": date(2025, 12, 31)}
#: What somebody may find though it is marked: who, where, which field, and why.
ALLOWED = {
    # Who gives roles in enterprises has to see their names.
    ("security administrator", "/p/T/people/"): {"Node.name_zh", "Node.name_en"},
}
#: Who opens every address at which an owner saw something; the others open one of each kind.
FULL = ("other enterprise", "verifier of A", "public")
#: Routes that no walker can reach in a test, and why.
EXEMPT: dict[str, str] = {
    "api/v1/(?P<path>.*)$": "answers 404 to every address that the API has not",
    "sign/oidc/(?P<provider_id>[^/]+)/login/": "needs an outside provider that is set up",
    "sign/oidc/(?P<provider_id>[^/]+)/login/callback/": "is called by the outside provider",
}


def person(name: str, park: Any, *parts: tuple[str, dict[str, Any]]) -> Client:
    """Sign somebody in with some parts."""
    user, _new = User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
    for role, bound in parts:
        Membership.objects.create(user=user, park=bound.pop("park", park), role=role, **bound)
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.person = user
    return client


def key(client: Client) -> str:
    """Make a token that may read all that its owner may."""
    until = timezone.now() + timedelta(days=30)
    return keys.make(client.person, "walker", scopes=["read", "series"], expires=until)[1]


class Town:
    """The park with its two enterprises, filled and computed, and everybody who walks through it."""

    def __init__(self, park: Any) -> None:
        self.park = park
        self.fillers: dict[str, Filler] = {}
        for letter, code in (("a", "A"), ("b", "B")):
            user = User.objects.create(username=f"owner{letter}", display_name=f"owner {letter}")
            self.fillers[letter] = Filler(park, code, letter, NUMBERS[letter], user)
            self.fillers[letter].fill()
        Release.objects.create(
            park=park, kind="notice", state="released", title_zh="公开", title_en="Open", released_at=timezone.now()
        )
        self.release_document()
        self.compute()
        numbers = "|".join([str(NUMBERS["b"]), *self.results()])
        self.marks = re.compile(rf"qzb\d{{4}}k|(?<!\d)(?:{numbers})\d*")

    def release_document(self) -> None:
        """Release a document of the park's own, in which no enterprise's marks stand."""
        sha256, size = store.keep(io.BytesIO(b"open to all"))
        document = Document.objects.create(park=self.park, title="Open", sha256=sha256, size=size)
        version = DocumentVersion.objects.create(
            park=self.park, document=document, number=1, name="open.txt", sha256=sha256, size=size,
            added_at=timezone.now(),
        )  # fmt: skip
        Release.objects.create(
            park=self.park, kind="document", state="released", title_zh="公开文件", title_en="Open document",
            document=version, released_at=timezone.now(),
        )  # fmt: skip

    def compute(self) -> None:
        """Let the platform draw the account of the filled park, and tell what differs between two of its runs."""
        from lingtan.web.account.compute import compute_now
        from lingtan.web.account.move import keep_moves
        from lingtan.web.park.folder import book

        runs = compute_now(self.park, book(self.park))
        keep_moves(runs[0], runs[1])

    def make_paper(self) -> str:
        """Let the platform make a paper of the whole park, in which B stands; return its key."""
        from lingtan.web.papers.actions import make
        from lingtan.web.people.access import Access

        whole = Access(None, self.park.pk, frozenset({"office"}), whole_park=True, actions=frozenset({"compute"}))
        return str(make(self.park, "monthly", "2025-03", language="en", access=whole).pk)

    def results(self) -> set[str]:
        """Return the leading digits of what the account says of B, and of totals that would give B away."""
        run = Run.objects.filter(park=self.park, year=2025).order_by("pk").first()
        assert run is not None
        values = [row for row in run.result.get("by_node", []) if "B" in str(row)]
        found = re.findall(r"\d{4,}\.\d+|\d{6,}", str(values))
        return {value.replace(".", r"\.?")[:9] for value in found if not value.startswith("2025")}

    def owners(self) -> Iterator[Walker]:
        """Make those who may see B: what they find is where the others look."""
        b, any_mark = self.fillers["b"].node, re.compile(r"qz[ab]\d{4}k|739104\d\d")
        office = person("office", self.park, ("office", {"head": True}))
        yield Walker("office", office, any_mark, key(office))
        owner = person("ownerb", self.park, ("reporter", {"enterprise": b}), ("approver", {"enterprise": b}))
        yield Walker("owner of B", owner, any_mark, key(owner))

    def strangers(self) -> Iterator[Walker]:
        """Make those who may not see B."""
        a = self.fillers["a"].node
        parts = {
            "other enterprise": [("reporter", {"enterprise": a}), ("approver", {"enterprise": a})],
            "verifier of A": [("verifier", {"enterprise": a, **YEAR})],
            "provider of A": [("provider", {"enterprise": a, "nodes": [a.pk]})],
            "system administrator": [("system", {"park": None})],
            "security administrator": [("security", {"park": None})],
            "no part": [],
        }
        for name, held in parts.items():
            client = person(name.replace(" ", ""), self.park, *held)
            yield Walker(name, client, self.marks, key(client))
        yield Walker(
            "public", Client(headers={"accept-language": "zh-hans"}, raise_request_exception=False), self.marks
        )


def values_of(town: Town) -> dict[str, list[str]]:
    """Return what stands in the places of routes that no link leads to; ``words:name`` is for some routes only."""
    filler = town.fillers["b"]
    by_name = {model.__name__: str(row.pk) for model, row in filler.rows.items()}
    ask = actions.Ask(email="guest@example.org", role="reporter", reason="test", park=town.park, enterprise=filler.node)
    _, token = actions.offer(ask, by=User.objects.get(username="office"))
    offer = str(town.park.invitations.get().pk)
    run = str(Run.objects.order_by("pk").first().pk)
    issues = [str(pk) for pk in Issue.objects.values_list("pk", flat=True)[:2]]
    paper = town.make_paper()
    part = str(Membership.objects.get(user__username="ownerb", role="reporter").pk)
    return {
        "people/offers:pk": [offer], "people/<:pk": [part], "reports/lines:pk": [by_name["ReportLine"]],
        "reports/forms:pk": [by_name["FormTemplate"]], "reports/<:pk": [by_name["Report"]],
        "releases:pk": [by_name["Release"]], "issues:pk": issues,
        "papers:pk": [paper], "papers:form": ["word"], "remarks:pk": [by_name["Remark"]],
        "reports/months:month": ["2025-03"], "reports/months:action": ["ask"],
        "reports/imports:pk": [batch_of(town)], "reports/imports:action": ["undo"],
        "reports/statistics:form": ["205-1"],
        "reports:action": ["submit"], "releases:action": ["release"],
        "pk": [str(row.pk) for row in filler.rows.values()][:8],
        "public:code": ["T"], "park": ["T"], "slug": ["nodes"],
        "kind": ["xlsx", "csv"], "token": [token], "act": ["withdraw"],
        "code": [filler.node.code], "role": ["system"], "key": ["total:co2_t"], "run": [run],
        "name": ["parent", "kind"],
        "path": ["nothing"], "action": ["1"], "document": [by_name["Document"]],
        "point": ["qzb0020k"], "year": ["2025"],
    }  # fmt: skip


def batch_of(town: Town) -> str:
    """Return an import of bills; it is the park's own and carries no enterprise's marks."""
    rows = {model.__name__: row for model, row in town.fillers["b"].rows.items()}
    mapping = Mapping.objects.create(
        park=town.park, code="bills", name_en="Bills", reporter=Node.objects.get(park=town.park, code="grid"),
        key_column="account",
    )  # fmt: skip
    made = ImportBatch.objects.create(
        park=town.park, mapping=mapping, document=rows["Document"], name="bills.csv", reason="bills",
        brought_at=timezone.now(), state="written", written={"statements": [], "stocks": []},
    )  # fmt: skip
    return str(made.pk)


@pytest.fixture
def town(park: Any) -> Town:
    return Town(park)


def test_nobody_finds_what_is_not_his(town: Town, capsys: Any) -> None:
    logging.disable(logging.ERROR)
    owners, strangers = list(town.owners()), list(town.strangers())
    node = town.fillers["b"].node
    for owner in owners:
        owner.walk(["/", "/p/T/", "/p/T/registers/", f"/p/T/enterprises/{node.code}/", *api(town), "/me/"])
    values = values_of(town)
    for at, owner in enumerate(owners):
        owner.try_routes(values, set(EXEMPT).union(*(one.reached for one in owners[:at])))
    telling, each = targets(owners)
    for walker in strangers:
        walk_as_stranger(walker, telling if walker.name in FULL else each)
        walker.try_routes(values, set(EXEMPT).union(*(one.reached for one in [*owners, *strangers])))
    logging.disable(logging.NOTSET)
    report(town, owners, strangers, capsys)


def api(town: Town) -> list[str]:
    """Return the addresses of the API's lists, which no page links to, and of one row of each."""
    rows = {one.slug: town.fillers["b"].rows.get(one.model) for one in registers()}
    lists = [f"/api/v1/parks/T/{slug}" for slug in rows]
    return ["/api/v1/parks", *lists, *(f"/api/v1/parks/T/{slug}/{row.pk}" for slug, row in rows.items() if row)]


def targets(owners: list[Walker]) -> tuple[list[str], list[str]]:
    """Return the addresses at which an owner saw marks (and the same with a search for them), and one of each route."""
    telling = sorted({address for owner in owners for address in owner.seen})
    asked = [f"{address}?q=qzb" for address in telling if "?" not in address and "POST" not in address
             and re.search(r"search|registers/[\w-]+/$|options|api/v1/parks/T/[\w-]+$", address)]  # fmt: skip
    every = {address for owner in owners for address in owner.status}
    each: dict[str, str] = {}
    for address in sorted(every):
        each.setdefault(alike(re.sub(r"registers/[\w-]+/|api/v1/parks/T/[\w-]+", "one", address)), address)
    return sorted({*telling, *asked}), sorted(each.values())


def walk_as_stranger(walker: Walker, addresses: list[str]) -> None:
    """Follow one's own links where one has some, then open what others have found."""
    if walker.name in FULL:
        walker.walk(["/", "/p/T/", "/public/", "/me/"])
    for address in addresses:
        if address.startswith("POST "):
            walker.post(address.removeprefix("POST "))
        else:
            walker.get(address)


def allowed(name: str, address: str, marks: dict[str, str]) -> set[str]:
    """Return the marks that somebody may find at an address."""
    places = set().union(*(held for (who, start), held in ALLOWED.items() if who == name and address.startswith(start)))
    return {mark for mark, place in marks.items() if place in places}


def report(town: Town, owners: list[Walker], strangers: list[Walker], capsys: Any) -> None:
    """Print the figures and fail on a leak, a fault, a route that nobody reached, a type that nobody saw."""
    everybody, every, marks = [*owners, *strangers], set(routes()), town.fillers["b"].marks
    reached = set().union(*(walker.reached for walker in everybody))
    told = set().union(*(found for owner in owners for found in owner.seen.values()))
    seen = {place.partition(".")[0] for mark, place in marks.items() if mark in told}
    unseen = {place.partition(".")[0] for place in marks.values()} - seen
    leaks = {f"{one.name}: {address}": found - allowed(one.name, address, marks)
             for one in strangers for address, found in one.seen.items()}  # fmt: skip
    leaks = {where: found for where, found in leaks.items() if found}
    broken = {one[:2] for walker in everybody for one in walker.broken}
    missed = every - reached - set(EXEMPT)
    requests = sum(len(walker.status) for walker in everybody)
    with capsys.disabled():
        sys.stdout.write(
            f"\ncanary: {len(every & reached)} of {len(every)} routes reached, {len(EXEMPT)} exempt, {requests} "
            f"requests by {len(everybody)} walkers, {len(leaks)} leaks\n"
        )
    faults = {"leaks": leaks, "broken": sorted(broken), "routes nobody reached": sorted(missed), "never seen": unseen}
    assert not any(faults.values()), "\n".join(f"{name}: {found}" for name, found in faults.items() if found)


def test_every_register_is_filled(town: Town) -> None:
    filled = {row.__class__ for row in town.fillers["b"].rows.values()}
    scoped = {one.model for one in registers() if one.model in set(record_types())}
    assert scoped <= filled
