"""The face of messages: `tell` persons, `announce` to group chats; `deliver` sends what waits, with patience."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from datetime import time as clock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation

from lingtan.web.programme import robots
from lingtan.web.programme.message import Delivery, DeliveryState, Message, Preference, Robot

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.user import User

#: Minutes until the next try; after the last one a delivery has failed.
AGAIN = (1, 5, 25, 120, 600)
#: What one run sends at most: the houses take 20 messages a minute from a robot.
BATCH = 20


def tell(
    people: Iterable[User], *, park: Park | None, kind: str, title: Any, text: Any = "",
    values: Mapping[str, Any] | None = None, link: str = "", key: str = "",
) -> int:  # fmt: skip
    """Leave a message to persons, each in his language; return how many got one.

    ``title`` and ``text`` are lazy msgids with named ``%(…)s`` places, filled from ``values``. ``key`` keeps the same
    thing from being said twice to the same person. E-mail follows where the person wants it, after his quiet hours.
    """
    count = 0
    for person in people:
        with translation.override(person.language or settings.LANGUAGE_CODE):
            said = {"title": _filled(title, values)[:255], "text": _filled(text, values)}
        fields = {"park": park, "kind": kind, "link": link, **said}
        if key:
            message, new = Message.objects.get_or_create(user=person, key=key[:128], defaults=fields)
        else:
            message, new = Message.objects.create(user=person, **fields), True
        if new:
            _by_mail(message, person)
            count += 1
    return count


def announce(park: Park, *, kind: str, title: Any, text: Any = "", values: Mapping[str, Any] | None = None,
             link: str = "") -> int:  # fmt: skip
    """Hand a message to the robots of the park office's chats that want its kind; return how many will speak.

    A chat is not a person: say nothing in it that an enterprise's neighbour must not read.
    """
    speaking = [one for one in Robot.objects.filter(park=park, active=True) if not one.about or kind in one.about]
    with translation.override(settings.LANGUAGE_CODE):
        said = {"title": _filled(title, values)[:255], "text": _filled(text, values)}
    now = timezone.now()
    for one in speaking:
        when = after_quiet(now, one.quiet_from, one.quiet_to, zone=park.timezone)
        Delivery.objects.create(robot=one, link=_absolute(link), next_at=when, **said)
    return len(speaking)


def after_quiet(now: datetime, start: clock | None, end: clock | None, *, zone: str) -> datetime:
    """Return now, or the end of the quiet hours that now lies in; they may go over midnight."""
    if start is None or end is None or start == end:
        return now
    here = now.astimezone(ZoneInfo(zone))
    at = here.time().replace(tzinfo=None)
    quiet = start <= at < end if start < end else (at >= start or at < end)
    if not quiet:
        return now
    day = here.date() + timedelta(days=int(start > end and at >= start))
    return datetime.combine(day, end, ZoneInfo(zone))


def deliver(now: datetime | None = None) -> int:
    """Send what is due; a failure is tried again later and later, then told on the robot's page. Return what left."""
    now = now or timezone.now()
    due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now).order_by("next_at")
    sent = 0
    for pk in list(due.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            one = rows.select_related("robot", "message__user").filter(pk=pk, state=DeliveryState.WAITING).first()
            if one is not None:
                sent += _send(one, now)
    return sent


def _send(one: Delivery, now: datetime) -> bool:
    one.tries += 1
    try:
        _out(one)
    except (robots.RobotError, OSError) as fault:
        one.error = str(fault)[:500]
        if getattr(fault, "final", False) or one.tries > len(AGAIN):
            one.state = DeliveryState.FAILED
        else:
            one.next_at = now + timedelta(minutes=AGAIN[one.tries - 1])
    else:
        one.state, one.error = DeliveryState.SENT, ""
    one.save(update_fields=["tries", "state", "error", "next_at"])
    return one.state == DeliveryState.SENT


def _out(one: Delivery) -> None:
    """Send one delivery."""
    if one.robot is not None:
        content = robots.body(one.robot.kind, one.title, one.text, link=one.link)
        url, content = robots.signed(one.robot.kind, one.robot.url, one.robot.secret, content, time.time())
        robots.call(url, content)
    elif one.message is not None:
        text = "\n\n".join(part for part in (one.text, one.link) if part)
        EmailMessage(one.title.replace("\n", " "), text, to=[one.message.user.email]).send()


def _by_mail(message: Message, person: User) -> None:
    wish = Preference.objects.filter(user=person).first() or Preference(user=person)
    if not (person.email and wish.email and message.kind not in wish.muted):
        return
    zone = message.park.timezone if message.park else settings.PARK_ZONE
    when = after_quiet(timezone.now(), wish.quiet_from, wish.quiet_to, zone=zone)
    link = _absolute(message.link)
    Delivery.objects.create(message=message, title=message.title, text=message.text, link=link, next_at=when)


def _filled(text: Any, values: Mapping[str, Any] | None) -> str:
    said = str(text)
    return said % {name: str(value) for name, value in values.items()} if values else said


def _absolute(link: str) -> str:
    return settings.ADDRESS.rstrip("/") + link if link.startswith("/") else link


def unread(user_id: int, park_id: int) -> int:
    """Return how many messages a person has not read."""
    return Message.objects.filter(user_id=user_id, park_id=park_id, read=None).count()


__all__ = ["after_quiet", "announce", "deliver", "tell", "unread"]
