"""Months of the park: preliminary, final, corrected; closed by the office. `state_of` is the face for other rooms."""

from lingtan.web.reporting.closing.state import MonthState, closed_months, state_of, states_of

__all__ = ["MonthState", "closed_months", "state_of", "states_of"]
