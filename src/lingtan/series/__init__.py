"""Series: readings of metering points to interval statements and roll-ups, in scaled integers, with quality flags.

`summarise` rolls blocks of readings up; `intervals` gives the statements of one block; `Series` is what both hand on;
`Thresholds` holds the tunable limits of the doubts. Rules: docs/develop/series.md and the park folder's page.
"""

from lingtan.series.doubts import Thresholds
from lingtan.series.model import Series
from lingtan.series.plan import SeriesError
from lingtan.series.summary import intervals, summarise

__all__ = ["Series", "SeriesError", "Thresholds", "intervals", "summarise"]
