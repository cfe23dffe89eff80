"""One formatter for figures: grouped thousands, true minus, and never a zero for what is missing.

Source of the rules: the look of Lingtan, section 5. Rounding happens here only, never before.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

NOT_APPLICABLE = "—"
MINUS = "\N{MINUS SIGN}"
#: Below this an amount is the rest of a subtraction, below the next it is told as a bound.
NOTHING = 1e-9
LEAST = 0.0001
MIDNIGHT = time(0)
NOT_FILLED = {"zh": "未填", "en": "not filled"}


def number(value: Decimal | float | None, places: int = 0, missing: str = NOT_APPLICABLE) -> str:
    """Return ``value`` rounded half up to ``places`` decimals with grouped thousands; ``missing`` for None."""
    if value is None:
        return missing
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    if not amount.is_finite():
        return missing
    rounded = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def total(value: Decimal | float | None, missing: str = NOT_APPLICABLE) -> str:
    """Return an amount in whole units, with as many decimals as a small one needs to show three digits."""
    if value is None:
        return missing
    size = abs(float(value))
    places = 0 if size >= 100 or size < NOTHING else 1 if size >= 10 else 2 if size >= 1 else 4
    if NOTHING <= size < LEAST:
        return f"< {LEAST}" if value > 0 else f"> {MINUS}{LEAST}"
    return number(value, places, missing)


def ratio(value: Decimal | float | None, missing: str = NOT_APPLICABLE) -> str:
    """Return a headline ratio: two decimals, three below one."""
    if value is None:
        return missing
    return number(value, 2 if abs(float(value)) >= 1 else 3, missing)


def share(value: Decimal | float | None, missing: str = NOT_APPLICABLE) -> str:
    """Return a share 0..1 as per cent with one decimal; nearly all is never shown as all."""
    if value is None:
        return missing
    percent = Decimal(str(value)) * 100
    if Decimal("99.95") <= percent < 100:
        return "> 99.9 %"
    if 0 < percent < Decimal("0.05"):
        return "< 0.1 %"
    return f"{number(percent, 1)} %"


def exact(value: Decimal | float | None, missing: str = NOT_APPLICABLE) -> str:
    """Return the figure as it is, to at most twelve significant digits, without trailing zeros."""
    if value is None:
        return missing
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    text = f"{amount:.12g}" if len(amount.as_tuple().digits) > 12 else f"{amount:f}"
    plain = Decimal(text)
    whole = f"{abs(plain):,f}"
    if "." in whole:
        whole = whole.rstrip("0").rstrip(".")
    return f"{MINUS}{whole}" if plain < 0 else whole


def instant(value: datetime | None, zone: ZoneInfo | None) -> str:
    """Return an instant in the park's zone, the clock left out at midnight; an open end is ``…``."""
    if value is None:
        return "…"
    local = value.astimezone(zone) if zone else value
    midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
    return local.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M")


def span(start: datetime | None, end: datetime | None, zone: ZoneInfo | None) -> str:
    """Return a half-open span as people write it: a year, a month, first to last day, or two instants."""
    if start is None or end is None or start >= end:
        return instant(start or end, zone) if start == end else f"{instant(start, zone)} – {instant(end, zone)}"
    first, until = (value.astimezone(zone) if zone else value for value in (start, end))
    if first.time() != MIDNIGHT or until.time() != MIDNIGHT:
        return f"{instant(start, zone)} – {instant(end, zone)}"
    days = first.date(), until.date() - timedelta(days=1)
    if first.day == 1 and until.day == 1:
        months = [f"{day:%Y-%m}" for day in days]
        if first.month == 1 and until.month == 1:
            months = [f"{day:%Y}" for day in days]
        return " – ".join(dict.fromkeys(months))
    return " – ".join(dict.fromkeys(day.isoformat() for day in days))
