"""Two enterprises filled with marks; whoever has no part in one of them opens every address and finds none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from canary_fill import Filler, record_types
from canary_walk import Walker, routes
from django.test import Client
from django.utils import timezone

from lingtan.web.account.run import Run
from lingtan.web.api import keys
from lingtan.web.kernel.register import registers
from lingtan.web.people import actions
from lingtan.web.people.user import Membership, User

NUMBERS = {"a": 518206, "b": 739104}
YEAR = {"period_from": date(2025, 1, 1), "period_to": date(2025, 12, 31)}
#: Routes that no walker can reach in a test, and why.
EXEMPT: dict[str, str] = {}


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
        self.compute()
        numbers = "|".join([str(NUMBERS["b"]), *self.results()])
        self.marks = re.compile(rf"qzb\d{{4}}k|(?<!\d)(?:{numbers})\d*")

    def compute(self) -> None:
        """Let the platform draw the account of the filled park."""
        from lingtan.web.account.compute import compute_now
        from lingtan.web.park.folder import book

        compute_now(self.park, book(self.park))

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
    """Return what stands in the places of routes that no link leads to."""
    node = town.fillers["b"].node
    pks = [str(row.pk) for row in town.fillers["b"].rows.values()]
    _, token = actions.offer(
        actions.Ask(email="guest@example.org", role="reporter", reason="test", park=town.park, enterprise=node),
        by=User.objects.get(username="office"),
    )
    offer = str(town.park.invitations.get().pk)
    part = str(Membership.objects.get(user__username="ownerb", role="reporter").pk)
    run = str(Run.objects.order_by("pk").first().pk)
    return {
        "park": ["T"], "slug": [one.slug for one in registers()], "kind": ["xlsx", "csv"], "token": [token],
        "pk": [offer, part, *pks, *(str(pk) for pk in range(1, 9))], "act": ["withdraw"], "code": ["B"],
        "role": ["system"], "key": ["total:co2_t", node.code, *pks], "run": [run], "name": ["parent", "stream"],
        "point": [town.fillers["b"].marks and next(iter(town.fillers["b"].rows.values())).pk and "EB"],
        "path": ["nothing"], "action": ["submit", "release"], "number": ["1"], "document": pks, "year": ["2025"],
    }  # fmt: skip


@pytest.fixture
def town(park: Any) -> Town:
    return Town(park)


def test_nobody_finds_what_is_not_his(town: Town, capsys: Any) -> None:
    owners, strangers = list(town.owners()), list(town.strangers())
    for owner in owners:
        owner.walk(["/", "/p/T/", "/p/T/registers/", f"/p/T/enterprises/{town.fillers['b'].node.code}/", "/me/"])
    values = values_of(town)
    for owner in owners:
        owner.try_routes(values, set().union(*(one.reached for one in owners)) | set(EXEMPT))
    found = sorted({address for owner in owners for address in owner.status if not address.startswith("POST ")})
    asked = [f"{address}{'&' if '?' in address else '?'}q=qzb" for owner in owners for address in owner.seen
             if "search" in address or "registers" in address or "api" in address]  # fmt: skip
    posts = sorted({address for owner in owners for address in owner.posts})
    for walker in strangers:
        walker.walk(["/", "/p/T/", "/public/", "/me/"])
        walker.try_routes(values, set(EXEMPT))
        for address in [*found, *asked]:
            walker.get(address)
        for address in posts:
            walker.post(address)
    everybody = [*owners, *strangers]
    every = {route for route, _converters in routes()}
    reached = set().union(*(walker.reached for walker in everybody))
    told = set().union(*(marks for owner in owners for marks in owner.seen.values()))
    unseen = {place.partition(".")[0] for mark, place in town.fillers["b"].marks.items() if mark not in told}
    unseen -= {place.partition(".")[0] for mark, place in town.fillers["b"].marks.items() if mark in told}
    leaks = {f"{walker.name}: {address}": marks for walker in strangers for address, marks in walker.seen.items()}
    broken = {(walker.name, *one) for walker in everybody for one in walker.broken}
    missed = every - reached - set(EXEMPT)
    with capsys.disabled():
        requests = sum(len(walker.status) for walker in everybody)
        print(f"\ncanary: {len(every & reached)} of {len(every)} routes reached, {len(EXEMPT)} exempt, "
              f"{requests} requests, {len(leaks)} leaks; marks seen by owners {len(told)}")  # fmt: skip
    assert not leaks
    assert not broken
    assert not missed
    assert not unseen, "no owner saw any mark of these types: the walk would not notice a leak"


def test_every_register_is_filled(town: Town) -> None:
    filled = {row.__class__ for row in town.fillers["b"].rows.values()}
    scoped = {one.model for one in registers() if one.model in set(record_types())}
    assert scoped <= filled
