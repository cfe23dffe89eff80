"""Models of the room, for Django to find."""

from lingtan.web.papers.paper import BriefPlan, Paper

__all__ = ["BriefPlan", "Paper"]
