"""Models of the room, for Django to find."""

from lingtan.web.programme.deadline import Deadline
from lingtan.web.programme.job import Job
from lingtan.web.programme.message import Delivery, Message, Preference, Robot

__all__ = ["Deadline", "Delivery", "Job", "Message", "Preference", "Robot"]
