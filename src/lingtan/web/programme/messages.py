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
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lingtan.web.programme import robots
from lingtan.web.programme.message import Delivery, DeliveryState, Message, Preference, Robot

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.user import User

#: Minutes until the next try; after the last one a delivery has failed.
AGAIN = (1, 5, 25, 120, 600)
#: Pieces that one run sends at most (each chat and each person gets one), and messages that it looks at.
BATCH, MOST = 200, 5000
#: Messages that one piece tells one by one.
LISTED = 30


def tell(
    people: Iterable[User], *, park: Park | None, kind: str, title: Any, text: Any = "",
    values: Mapping[str, Any] | None = None, link: str = "", key: str = "", mentions: Iterable[str] = (),
) -> int:  # fmt: skip
    """Leave a message to persons, each in his language; return how many got one.

    ``title`` and ``text`` are lazy msgids with named ``%(…)s`` places, filled from ``values``. ``key`` keeps the same
    thing from being said twice to the same person; ``mentions`` keep what it speaks of. E-mail follows where the person
    wants it, after his quiet hours.
    """
    count = 0
    for person in people:
        with translation.override(person.language or settings.LANGUAGE_CODE):
            said = {"title": _filled(title, values)[:255], "text": _filled(text, values)}
        fields = {"park": park, "kind": kind, "link": link, "mentions": list(mentions), **said}
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
    """Send what is due, all that waits for one person or one chat in one piece; return how many pieces left.

    A failure is tried again later and later, then it stands on the page of deliveries.
    """
    now = now or timezone.now()
    due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now).order_by("next_at", "pk")
    groups: dict[tuple[int | None, int | None], list[int]] = {}
    for pk, robot, person in due.values_list("pk", "robot_id", "message__user_id")[:MOST]:
        groups.setdefault((robot, person), []).append(pk)
    return sum(_send(group, now) for group in list(groups.values())[:BATCH])


def again(one: Delivery) -> None:
    """Try a delivery that failed once more, from the beginning of its patience."""
    rows = Delivery.objects.filter(pk=one.pk, state=DeliveryState.FAILED)
    rows.update(state=DeliveryState.WAITING, tries=0, next_at=timezone.now(), error="")


def _send(keys: list[int], now: datetime) -> bool:
    """Send deliveries to the same place together; give whether they left."""
    with transaction.atomic():
        held = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk__in=keys, state=DeliveryState.WAITING
        )
        rows = list(held.select_related("robot", "message__user", "message__park").order_by("pk"))
        if not rows:
            return False
        fault = _tried(rows)
        for one in rows:
            one.tries += 1
            one.state, one.error = (DeliveryState.SENT, "") if fault is None else _after(one, fault)
            if fault is not None and one.state == DeliveryState.WAITING:
                one.next_at = now + timedelta(minutes=AGAIN[one.tries - 1])
        Delivery.objects.bulk_update(rows, ["tries", "state", "error", "next_at"])
    return fault is None


def _tried(rows: list[Delivery]) -> Exception | None:
    try:
        _out(rows)
    except (robots.RobotError, OSError) as fault:
        return fault
    return None


def _after(one: Delivery, fault: Exception) -> tuple[str, str]:
    over = getattr(fault, "final", False) or one.tries > len(AGAIN)
    return DeliveryState.FAILED if over else DeliveryState.WAITING, str(fault)[:500]


def _out(rows: list[Delivery]) -> None:
    """Send one piece: a single message as it is, several under one head."""
    first = rows[0]
    if first.robot is not None:
        title, text, link = _together(rows)
        content = robots.body(first.robot.kind, title, text, link=link)
        url, content = robots.signed(first.robot.kind, first.robot.url, first.robot.secret, content, time.time())
        robots.call(url, content)
    elif first.message is not None:
        person = first.message.user
        with translation.override(person.language or settings.LANGUAGE_CODE):
            title, text, link = _together(rows)
            parts = [part for part in (text, link, _unsubscribe(first.message.park)) if part]
        mail = EmailMessage(title.replace("\n", " "), "\n\n".join(parts), to=[person.email])
        mail.send()


def _together(rows: list[Delivery]) -> tuple[str, str, str]:
    """Return title, text and link of one piece."""
    if len(rows) == 1:
        return rows[0].title, rows[0].text, rows[0].link
    title = _("Lingtan: %(count)s messages") % {"count": len(rows)}
    told = ["\n".join(part for part in (f"· {one.title}", one.text, one.link) if part) for one in rows[:LISTED]]
    if len(rows) > LISTED:
        told.append(_("… and %(count)s more; they stand on the page of messages.") % {"count": len(rows) - LISTED})
    return title, "\n\n".join(told), ""


def _unsubscribe(park: Park | None) -> str:
    """Return the last line of an e-mail: where to change what comes by e-mail."""
    if park is None:
        return ""
    where = _absolute(reverse("preferences", args=[park.code]))
    return _("What comes by e-mail, and when, you choose here: %(where)s") % {"where": where}


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


__all__ = ["after_quiet", "again", "announce", "deliver", "tell", "unread"]
