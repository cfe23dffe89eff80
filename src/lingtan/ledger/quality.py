"""Quality flags of an interval, as bits; 0 means good."""

from __future__ import annotations

FLAGS = (
    "late", "corrected", "rolled_over", "reset", "device_change", "gap_total", "interpolated", "estimated",
    "out_of_range", "stuck", "spike", "negative", "unit_suspect", "clock_suspect", "incomplete",
)  # fmt: skip

BIT = {name: 1 << position for position, name in enumerate(FLAGS)}


def names(bits: int) -> tuple[str, ...]:
    """Return the names of the flags set in ``bits``, in table order."""
    return tuple(name for name in FLAGS if bits & BIT[name])
