"""What is mine to do today: every source of tasks, for those whose task it is and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from lingtan.web.account.issue import Issue
from lingtan.web.park.node import Node
from lingtan.web.people.access import access_of
from lingtan.web.people.invitation import Invitation
from lingtan.web.people.user import Membership, User
from lingtan.web.programme.job import Job, State
from lingtan.web.programme.message import Delivery, DeliveryState, Robot
from lingtan.web.programme.tasks import Task, tasks_of
from lingtan.web.publish.release import Release

TODAY = date(2026, 11, 20)


@pytest.fixture
def person(park: Any) -> Callable[..., User]:
    """Return a function that makes somebody of a role."""

    def do(role: str, enterprise: str = "", name: str = "", **more: Any) -> User:
        user = User.objects.create(username=name or f"{role}{enterprise}")
        node = Node.objects.get(park=park, code=enterprise) if enterprise else None
        Membership.objects.create(user=user, park=park, role=role, enterprise=node, **more)
        return user

    return do


def tasks(park: Any, user: User) -> list[Task]:
    with translation.override("en"):
        return tasks_of(park, access_of(user, park.pk, TODAY), TODAY)


def titles(park: Any, user: User) -> list[str]:
    return [task.title for task in tasks(park, user)]


def issue(park: Any, key: str, **more: Any) -> Issue:
    held = {"code": "gap", "level": "error", "title_en": key, **more}
    return Issue.objects.create(park=park, key=key, **held)


def test_a_finding_is_the_task_of_who_takes_care_of_it(park: Any, person: Callable[..., User]) -> None:
    mine, other = person("reporter", "A"), person("reporter", "B")
    node = Node.objects.get(park=park, code="A")
    issue(park, "stuck meter", node=node, owner=mine, state="assigned", due=TODAY, stake_t="4050.5")
    issue(park, "done", node=node, owner=mine, state="corrected")
    issue(park, "gone", node=node, owner=mine, state="assigned", gone=True)
    assert [(one.title, one.due, one.stake_t) for one in tasks(park, mine)] == [
        ("Settle the finding: stuck meter", TODAY, 4050.5)
    ]
    assert titles(park, other) == []


def test_findings_that_nobody_has_are_one_task_of_the_office(park: Any, person: Callable[..., User]) -> None:
    for number in range(3):
        issue(park, f"k{number}")
    issue(park, "weak", level="finding")
    assert titles(park, person("office")) == ["Give 3 findings to somebody"]
    assert titles(park, person("verifier")) == []


def release(park: Any, by: User, **more: Any) -> Release:
    return Release.objects.create(park=park, kind="notice", title_zh="公开", title_en="Open", proposed_by=by, **more)


def test_a_release_waits_for_the_second_person_of_the_office(park: Any, person: Callable[..., User]) -> None:
    first, second = person("office", name="first"), person("office", name="second")
    release(park, first)
    assert titles(park, first) == []
    assert titles(park, second) == ["Decide on the release of “Open”"]


def test_what_speaks_of_an_enterprise_waits_for_its_approver_first(park: Any, person: Callable[..., User]) -> None:
    first, second = person("office", name="first"), person("office", name="second")
    approver, other = person("approver", "A"), person("approver", "B")
    made = release(park, first, node=Node.objects.get(park=park, code="A"))
    assert titles(park, second) == []
    assert titles(park, other) == []
    assert titles(park, approver) == ["Agree to the release of “Open”, or say no"]
    Release.objects.filter(pk=made.pk).update(state="consented")
    assert titles(park, approver) == []
    assert titles(park, second) == ["Decide on the release of “Open”"]


def test_a_role_that_was_asked_for_waits_for_another_who_confirms(park: Any, person: Callable[..., User]) -> None:
    asks, confirms = person("office", name="asks", head=True), person("office", name="head", head=True)
    plain = person("office", name="plain")
    Invitation.objects.create(park=park, role="verifier", email="v@example.org", reason="audit", asked_by=asks)
    assert titles(park, confirms) == ["Confirm or withdraw: Verifier for v@example.org"]
    assert titles(park, asks) == []
    assert titles(park, plain) == []


def test_a_part_that_ends_soon_is_told_to_who_gave_it(park: Any, person: Callable[..., User]) -> None:
    approver, other = person("approver", "A"), person("approver", "B")
    person("provider", "A", name="helper", valid_to=TODAY + timedelta(days=9))
    person("provider", "A", name="later", valid_to=TODAY + timedelta(days=90))
    found = tasks(park, approver)
    assert [(one.title, one.due) for one in found] == [
        ("Renew or let end: Service provider of helper", TODAY + timedelta(days=9))
    ]
    assert titles(park, other) == []


def test_failed_work_is_a_task_until_it_is_asked_for_again(park: Any, person: Callable[..., User]) -> None:
    mine, other = person("office", name="mine"), person("office", name="other")
    failed = Job.objects.create(park=park, user=mine, kind="compute", state=State.FAILED, error="no readings")
    assert [(one.title, one.why) for one in tasks(park, mine)] == [
        ("See why it failed: Draw the account", "no readings")
    ]
    assert titles(park, other) == []
    Job.objects.create(park=park, user=mine, kind="compute", state=State.DONE)
    assert titles(park, mine) == []
    assert Job.objects.filter(pk=failed.pk).exists()


def test_a_silent_chat_is_the_task_of_who_keeps_the_robots(park: Any, person: Callable[..., User]) -> None:
    robot = Robot.objects.create(park=park, name="群", kind="wecom", url="https://qyapi.weixin.qq.com/x")
    for _ in range(3):
        Delivery.objects.create(robot=robot, title="x", state=DeliveryState.FAILED, made=timezone.now())
    assert titles(park, person("office")) == ["The chat “群” takes no messages: look at its robot"]
    assert titles(park, person("reporter", "A")) == []


def test_sources_ask_the_same_number_of_queries_however_much_waits(
    park: Any, person: Callable[..., User], django_assert_max_num_queries: Any
) -> None:
    office = person("office")
    for number in range(30):
        issue(park, f"k{number}", owner=office if number % 2 else None)
        release(park, person("office", name=f"o{number}"))
    access = access_of(office, park.pk, TODAY)
    with django_assert_max_num_queries(14):
        assert len(tasks_of(park, access, TODAY)) > 30
