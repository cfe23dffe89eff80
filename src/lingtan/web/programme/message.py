"""Messages to persons, the robots of group chats, and what still has to leave the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import Register, register

if TYPE_CHECKING:
    from lingtan.web.people.access import Access


class Kind(models.TextChoices):
    """What a message is about; a person may mute kinds."""

    DUE = "due", _("Due and overdue")
    REPORT = "report", _("Reports: returned, accepted")
    FINDING = "finding", _("Findings")
    JOB = "job", _("Long work has ended")
    PEOPLE = "people", _("Invitations and roles")
    RELEASE = "release", _("Releases")


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages."""

    def visible_to(self, access: Access) -> Self:
        """Return a person's own messages in the park."""
        return self.filter(user_id=access.user_id, park_id=access.park_id)


class Message(models.Model):
    """One message to one person, in the language it was written in.

    ``key`` keeps a message from coming twice; ``mentions`` are the keys of all that a reminder speaks of.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages_received")
    park = models.ForeignKey("park.Park", on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    title = models.CharField(_("Title"), max_length=255)
    text = models.TextField(_("Text"), blank=True)
    link = models.CharField(max_length=512, blank=True)
    key = models.CharField(max_length=128, blank=True)
    mentions = words("", editable=False)
    sent = models.DateTimeField(_("Time"), default=timezone.now)
    read = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], condition=~models.Q(key=""), name="message_once")
        ]

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """How a person wants to be told. Quiet hours hold in the park's zone and may go over midnight."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    email = models.BooleanField(_("Also by e-mail"), default=True)
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("Quiet until"), null=True, blank=True)
    muted = words(_("Not by e-mail"))

    def __str__(self) -> str:
        return str(self.user)


class RobotKind(models.TextChoices):
    """Whose group chat."""

    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu")


def allowed_address(value: str) -> None:
    """Refuse an address that no robot may be called at."""
    from lingtan.web.programme import robots

    try:
        robots.check(value)
    except robots.RobotError as fault:
        raise ValidationError(str(fault)) from fault


@tracked()
class Robot(Record):
    """A robot of the park office's group chat."""

    name = models.CharField(_("Name"), max_length=64)
    kind = models.CharField(_("Kind"), max_length=16, choices=RobotKind.choices)
    url = models.CharField(
        _("Address"), max_length=512, validators=[allowed_address],
        help_text=_("The address that the group chat gives for its robot."),
    )  # fmt: skip
    secret = models.CharField(
        _("Key of the signature"), max_length=128, blank=True,
        help_text=_("Where the robot asks for signed messages (DingTalk, Feishu)."),
    )  # fmt: skip
    about = words(_("About"), help_text=_("Kinds of messages that go to this chat; empty means all."))
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("Quiet until"), null=True, blank=True)
    active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("Robot of a group chat")
        verbose_name_plural = _("Robots of group chats")

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    """How a delivery stands."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries."""

    def visible_to(self, access: Access) -> Self:
        """Return a person's own e-mails; who keeps the robots sees what they were to say."""
        own = models.Q(message__user_id=access.user_id, message__park_id=access.park_id)
        kept = models.Q(robot__park_id=access.park_id) if access.whole_park and access.may("change") else models.Q()
        return self.filter(own | kept if kept else own)


class Delivery(models.Model):
    """Something that has to leave the house: to a person's e-mail, or to a robot."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="deliveries")
    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, null=True, related_name="deliveries")
    title = models.CharField(max_length=255)
    text = models.TextField(blank=True)
    link = models.CharField(max_length=512, blank=True)
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    made = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "next_at"], name="delivery_due")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(message=None) ^ models.Q(robot=None), name="delivery_to_a_person_or_a_robot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"


_OFFICE: Any = frozenset({"office"})
register(
    Register(
        model=Robot,
        slug="robots",
        group="records",
        columns=("name", "kind", "active"),
        filters=("kind", "active"),
        search=("name",),
        order=("name",),
        form=(
            (_("What it is"), ("name", "kind", "url", "secret", "active")),
            (_("When it speaks"), ("about", "quiet_from", "quiet_to")),
        ),
        private={"url": _OFFICE, "secret": _OFFICE},
        hint=_("No robot yet. Paste the address of a robot of your WeCom, DingTalk or Feishu group."),
    )
)
