"""Messages: told once, by mail after quiet hours, to robots as the houses document it, never to other hosts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from lingtan.web.people.user import Membership, User
from lingtan.web.programme import messages, reminders, robots
from lingtan.web.programme.deadline import Deadline
from lingtan.web.programme.message import Delivery, DeliveryState, Message, Preference, Robot
from lingtan.web.programme.tasks import Task, tasks_of

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Shanghai


class House(BaseHTTPRequestHandler):
    """Answers as the three houses do."""

    got: ClassVar[list[tuple[str, dict[str, Any]]]] = []
    answer: ClassVar[tuple[int, bytes]] = (200, b"{}")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.got.append((self.path, json.loads(self.rfile.read(length))))
        status, data = self.answer
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: Any) -> None:
        """Stay silent."""


@pytest.fixture
def house(settings: Any) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), House)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}"
    settings.WEBHOOKS = [origin]
    House.got.clear()
    House.answer = (200, b'{"errcode": 0, "code": 0}')
    yield origin
    server.shutdown()
    server.server_close()


def _robot(park: Any, house: str, kind: str, **more: Any) -> Robot:
    return Robot.objects.create(park=park, name=kind, kind=kind, url=f"{house}/send?key=k", **more)


def _say(park: Any) -> None:
    messages.announce(
        park, kind="due", title=_("Overdue: %(title)s"), values={"title": "三月月报 <a>"}, link="/p/T/today/"
    )


@pytest.mark.parametrize("kind", ["wecom", "dingtalk"])
def test_wecom_and_dingtalk_get_a_text_as_they_document_it(park: Any, house: str, kind: str) -> None:
    _robot(park, house, kind)
    _say(park)
    assert messages.deliver() == 1
    path, body = House.got[0]
    assert path == "/send?key=k"
    assert body["msgtype"] == "text"
    assert "三月月报 <a>" in body["text"]["content"]
    assert body["text"]["content"].endswith("/p/T/today/")


def test_feishu_gets_a_signed_text(park: Any, house: str) -> None:
    _robot(park, house, "feishu", secret="s3")
    _say(park)
    messages.deliver()
    body = House.got[0][1]
    made = hmac.new(f"{body['timestamp']}\ns3".encode(), b"", hashlib.sha256).digest()
    assert (body["msg_type"], body["sign"]) == ("text", base64.b64encode(made).decode())


def test_dingtalk_gets_its_signature_in_the_address(park: Any, house: str) -> None:
    _robot(park, house, "dingtalk", secret="SEC")
    _say(park)
    messages.deliver()
    asked = parse_qs(urlsplit(House.got[0][0]).query)
    made = hmac.new(b"SEC", f"{asked['timestamp'][0]}\nSEC".encode(), hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(made).decode()]


def test_a_text_is_cut_between_two_characters() -> None:
    content = robots.body("wecom", "三" * 2000, "")["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.endswith("三…")


@pytest.mark.parametrize(
    "url",
    [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send", "https://169.254.169.254/latest", "https://localhost/",
        "https://evil.example@qyapi.weixin.qq.com/", "https://qyapi.weixin.qq.com.evil.example/", "file:///etc/passwd",
        "https://qyapi.weixin.qq.com:22/", "https://qyapi.weixin.qq.com:x/", "", "https://QYAPI.weixin.qq.com@127.0.0.1/",
    ],
)  # fmt: skip
def test_an_address_off_the_list_is_refused(url: str) -> None:
    with pytest.raises(robots.RobotError, match="LINGTAN_WEBHOOKS"):
        robots.check(url)


@pytest.mark.parametrize("host", robots.HOSTS)
def test_an_address_of_the_houses_is_allowed(host: str) -> None:
    robots.check(f"https://{host}/x?key=1")


def test_a_robot_with_a_foreign_address_cannot_be_kept(park: Any) -> None:
    with pytest.raises(ValidationError, match="LINGTAN_WEBHOOKS"):
        Robot(park=park, name="x", kind="wecom", url="https://10.0.0.1/").full_clean()


def test_a_redirect_is_not_followed(park: Any, house: str) -> None:
    _robot(park, house, "wecom")
    House.answer = (302, b"")
    _say(park)
    assert messages.deliver() == 0
    assert "302" in Delivery.objects.get().error


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, b'{"errcode": 45009, "errmsg": "api freq out of limit"}'), DeliveryState.WAITING),
        ((502, b"bad gateway"), DeliveryState.WAITING),
        ((404, b"{}"), DeliveryState.FAILED),
        ((200, b"\xff\xfe"), DeliveryState.WAITING),
        ((200, b"[1]"), DeliveryState.WAITING),
    ],
)
def test_a_refusal_is_tried_again_unless_it_is_final(
    park: Any, house: str, answer: tuple[int, bytes], state: str
) -> None:
    _robot(park, house, "wecom")
    House.answer = answer
    _say(park)
    messages.deliver()
    one = Delivery.objects.get()
    assert one.state == state
    assert one.error


def test_tries_come_later_and_later_and_end(park: Any, house: str) -> None:
    _robot(park, house, "wecom")
    House.answer = (500, b"")
    _say(park)
    now, waits = NOON + timedelta(days=3650), []
    while (one := Delivery.objects.get()).state == DeliveryState.WAITING:
        messages.deliver(now)
        one.refresh_from_db()
        waits.append(round((one.next_at - now).total_seconds() / 60))
        now = max(now, one.next_at)
    assert waits[:-1] == list(messages.AGAIN)
    assert len(House.got) == 6


def test_a_chat_hears_only_the_kinds_it_wants(park: Any, house: str) -> None:
    _robot(park, house, "wecom", about=["report"])
    _say(park)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T12:00+08:00", "2026-11-20T12:00+08:00"),
        ("2026-11-20T23:00+08:00", "2026-11-21T07:00+08:00"),
        ("2026-11-21T06:59+08:00", "2026-11-21T07:00+08:00"),
        ("2026-11-21T07:00+08:00", "2026-11-21T07:00+08:00"),
    ],
)
def test_quiet_hours_go_over_midnight_in_the_parks_zone(now: str, expected: str) -> None:
    at = datetime.fromisoformat(now).astimezone(UTC)
    said = messages.after_quiet(at, time(22), time(7), zone="Asia/Shanghai")
    assert said == datetime.fromisoformat(expected)


def _person(park: Any, name: str, role: str = "office", **more: Any) -> User:
    user = User.objects.create(username=name, email=f"{name}@example.org", **more)
    Membership.objects.create(user=user, park=park, role=role)
    return user


def test_the_same_thing_is_told_once_in_each_ones_language(park: Any) -> None:
    both = [_person(park, "zh", language="zh-hans"), _person(park, "en", language="en")]
    for _again in range(2):
        messages.tell(both, park=park, kind="due", title=_("Overdue: %(title)s"), values={"title": "X"}, key="k")
    assert Message.objects.count() == 2
    assert Message.objects.get(user=both[1]).title == "Overdue: X"


def test_mail_follows_a_message_unless_the_person_does_not_want_it(park: Any) -> None:
    wants, does_not, muted = (_person(park, name, language="en") for name in ("a", "b", "c"))
    Preference.objects.create(user=does_not, email=False)
    Preference.objects.create(user=muted, muted=["due"])
    messages.tell([wants, does_not, muted], park=park, kind="due", title="Hello\nBcc: x@y", link="/p/T/today/")
    assert messages.deliver() == 1
    assert mail.outbox[0].to == ["a@example.org"]
    assert "\n" not in mail.outbox[0].subject
    assert "http://127.0.0.1:8000/p/T/today/" in mail.outbox[0].body


def test_what_waits_for_one_person_leaves_as_one_mail(park: Any) -> None:
    person, other = _person(park, "a", language="en"), _person(park, "b", language="en")
    for number in range(35):
        messages.tell([person], park=park, kind="due", title=f"Thing {number}", link="/p/T/today/")
    messages.tell([other], park=park, kind="due", title="Alone")
    assert messages.deliver() == 2
    assert [one.subject for one in mail.outbox] == ["Lingtan: 35 messages", "Alone"]
    assert "Thing 29" in mail.outbox[0].body
    assert "Thing 30" not in mail.outbox[0].body
    assert "… and 5 more" in mail.outbox[0].body
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.SENT}


def test_a_mail_says_where_to_choose_what_comes(park: Any) -> None:
    messages.tell([_person(park, "a", language="en")], park=park, kind="due", title="Hello")
    messages.deliver()
    assert "http://127.0.0.1:8000/p/T/messages/preferences/" in mail.outbox[0].body


def test_mail_of_quiet_hours_is_held_and_leaves_as_one_after_them(park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    night = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # eleven in Shanghai
    monkeypatch.setattr("django.utils.timezone.now", lambda: night)
    person = _person(park, "a", language="en")
    Preference.objects.create(user=person, quiet_from=time(22), quiet_to=time(7))
    for number in range(3):
        messages.tell([person], park=park, kind="job", title=f"Thing {number}")
    assert messages.deliver(night + timedelta(hours=7, minutes=59)) == 0
    assert messages.deliver(night + timedelta(hours=8)) == 1
    assert [one.subject for one in mail.outbox] == ["Lingtan: 3 messages"]


def test_what_waits_for_one_chat_is_one_call(park: Any, house: str) -> None:
    _robot(park, house, "wecom")
    _say(park)
    _say(park)
    assert messages.deliver() == 1
    assert len(House.got) == 1
    assert House.got[0][1]["text"]["content"].count("三月月报") == 2


def test_a_mail_server_that_is_silent_is_tried_again(park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_args: Any, **_more: Any) -> None:
        raise ConnectionRefusedError("nobody there")

    messages.tell([_person(park, "a", language="en")], park=park, kind="due", title="Hello")
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", silent)
        assert messages.deliver() == 0
    one = Delivery.objects.get()
    assert (one.state, one.tries, one.error) == (DeliveryState.WAITING, 1, "nobody there")
    assert messages.deliver(one.next_at) == 1


def test_a_failed_delivery_is_shown_to_the_office_and_tried_again(
    park: Any, house: str, client_as: Callable[..., Any]
) -> None:
    _robot(park, house, "wecom")
    House.answer = (404, b"{}")
    _say(park)
    with translation.override("en"):
        messages.deliver()
    office, other = client_as("office"), client_as("reporter", "A")
    page = office.get("/p/T/messages/deliveries/").content.decode()
    assert "did not take the message" in page
    assert "wecom" not in other.get("/p/T/messages/deliveries/").content.decode()
    pk = Delivery.objects.get().pk
    assert other.post(f"/p/T/messages/deliveries/{pk}/again/").status_code == 404
    House.answer = (200, b'{"errcode": 0}')
    office.post(f"/p/T/messages/deliveries/{pk}/again/")
    assert messages.deliver() == 1


def test_a_message_is_its_readers_alone(park: Any, client_as: Callable[..., Any]) -> None:
    one, other = client_as("reporter", "A"), client_as("reporter", "B")
    messages.tell([User.objects.get(username="reporter-A")], park=park, kind="due", title="CANARY", link="/p/T/jobs/")
    pk = Message.objects.get().pk
    assert "CANARY" in one.get("/p/T/messages/").content.decode()
    assert "CANARY" not in other.get("/p/T/messages/").content.decode()
    assert other.get(f"/p/T/messages/{pk}/").status_code == 404
    assert one.get(f"/p/T/messages/{pk}/").headers["Location"] == "/p/T/jobs/"
    assert Message.objects.get().read is not None


def test_preferences_want_both_ends_of_the_quiet_hours(park: Any, client_as: Callable[..., Any]) -> None:
    office = client_as("office")
    page = office.post("/p/T/messages/preferences/", {"email": "on", "quiet_from": "22:00"})
    assert "both" in page.content.decode()
    assert not Preference.objects.exists()
    office.post("/p/T/messages/preferences/", {"quiet_from": "22:00", "quiet_to": "07:00", "muted": ["due"]})
    kept = Preference.objects.get()
    assert (kept.email, kept.quiet_from, kept.muted) == (False, time(22), ["due"])


def _deadline(park: Any, days: int, node: str = "") -> Deadline:
    from lingtan.web.park.node import Node

    held = Node.objects.get(park=park, code=node) if node else None
    return Deadline.objects.create(
        park=park, title=f"in {days}", due=date(2026, 11, 20) + timedelta(days=days), node=held
    )


def test_a_deadline_is_the_task_of_those_who_see_it(park: Any) -> None:
    from lingtan.web.park.node import Node
    from lingtan.web.people.access import access_of

    _deadline(park, 5, "A")
    _deadline(park, 90, "A")
    user = _person(park, "office")
    b = User.objects.create(username="b")
    Membership.objects.create(user=b, park=park, role="reporter", enterprise=Node.objects.get(park=park, code="B"))
    day = date(2026, 11, 20)
    found = {who.username: [t.title for t in tasks_of(park, access_of(who, park.pk, day), day)] for who in (user, b)}
    assert found == {"office": ["in 5"], "b": []}


@pytest.mark.parametrize(
    ("days", "expected"), [(5, ""), (3, "soon"), (0, "today"), (-1, "late-0"), (-7, "late-0"), (-8, "late-1")]
)
def test_a_reminder_comes_near_the_day_on_it_and_then_weekly(days: int, expected: str) -> None:
    today = date(2026, 11, 20)
    task = Task(key="k", title="t", link="/", due=today + timedelta(days=days))
    assert reminders.stage(task, today) == expected


def test_reminders_are_written_once_and_not_before_eight(park: Any) -> None:
    _person(park, "office")
    _deadline(park, -2)
    _deadline(park, 2)
    early = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # seven in the morning
    assert reminders.remind(early) == 0
    assert reminders.remind(NOON) == 1
    assert reminders.remind(NOON + timedelta(hours=1)) == 0
    assert reminders.remind(NOON + timedelta(days=1)) == 0


def test_many_tasks_of_a_day_are_one_reminder(park: Any) -> None:
    _person(park, "office", language="en")
    for days in (-9, -1, 2, *range(-40, -12)):
        _deadline(park, days)
    _deadline(park, 90)
    assert reminders.remind(NOON) == 1
    one = Message.objects.get()
    assert one.title == "31 things are due, 30 of them overdue"
    assert one.text.splitlines()[0] == "2026-10-11 · in -40"
    assert one.text.endswith("… and 11 more.")
    assert len(one.mentions) == 31


def test_only_what_is_new_is_told_the_next_day(park: Any) -> None:
    _person(park, "office", language="en")
    _deadline(park, -2)
    _deadline(park, 1)
    reminders.remind(NOON)
    _deadline(park, 4)
    assert reminders.remind(NOON + timedelta(days=1)) == 1
    assert sorted(len(one.mentions) for one in Message.objects.all()) == [2, 2]  # "in 1" is due today, "in 4" soon
    assert "overdue" not in Message.objects.first().text


def test_today_says_how_late_a_task_is_and_the_frame_counts_it(park: Any, client_as: Callable[..., Any]) -> None:
    office = client_as("office")
    Deadline.objects.create(park=park, title="Old permit", due=date(2020, 1, 1))
    page = office.get("/p/T/today/").content.decode()
    assert "Old permit" in page
    assert "days overdue" in page


def test_a_day_without_tasks_says_so(park: Any, client_as: Callable[..., Any]) -> None:
    assert "Nothing waits for you." in client_as("verifier").get("/p/T/today/").content.decode()
