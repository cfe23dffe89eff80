"""Models of the room, for Django to find."""

from lingtan.web.account.certificate import Certificate
from lingtan.web.account.factor import Factor
from lingtan.web.account.issue import Issue
from lingtan.web.account.move import Move
from lingtan.web.account.remark import Remark
from lingtan.web.account.run import Figure, MonthFlow, Run

__all__ = ["Certificate", "Factor", "Figure", "Issue", "MonthFlow", "Move", "Remark", "Run"]
