"""Dips: falls of a counter that recover, so that they are no resets; the readings in them are set aside.

The park folder's "a fall below 1 % of the old value" is read both ways: a *deep* dip falls to below 1 % of the old
value, a *slight* one by less than 1 % of it. Readings come as `registers.steps` takes them; constants of the devices
are joined on ``device``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw

from lingtan.ledger.quality import BIT
from lingtan.series.frames import Lazy, dicts, hold, stack
from lingtan.series.plan import Device
from lingtan.series.registers import with_limit

SPIKE = BIT["spike"]
SHARE = 100
RUNS = 6
SLIP_READINGS = 12
_BY_TIME = {"order_by": "us"}


@dataclass(frozen=True, slots=True)
class Falls:
    """What kinds of dips the falls of a device may be: to below 1 % of the old value, or by less than 1 % of it.

    ``falls`` False: there is none, only a rise. ``ends``: a dip may have begun before the readings, or go on behind.
    """

    deep: bool
    slight: bool
    falls: bool = True
    ends: bool = False


def falling(paired: Lazy) -> dict[int, Falls]:
    """Devices whose counter falls or rises a hundredfold anywhere, and which dips may be among the falls.

    A deep dip needs a fall below 1 % of the old value, and a hundredfold rise to no less than the least of such old
    values; a slight one needs a fall by less than 1 %.
    """
    deep, steep = nw.col("v") * SHARE < nw.col("old"), nw.col("v") > nw.col("old") * SHARE
    odd = paired.filter((nw.col("v") < nw.col("old")) | steep).select(
        "device",
        fall=(nw.col("v") < nw.col("old")).cast(nw.Int32),
        slight=_slipped().cast(nw.Int32),
        before=nw.when(deep).then(nw.col("old")),
        highest=nw.when(deep).then(nw.col("old")),
        after=nw.when(steep).then(nw.col("v")),
        fell_us=nw.when(deep).then(nw.col("end_us")),
        rose_us=nw.when(steep).then(nw.col("end_us")),
    )
    columns = {"fall": "max", "slight": "max", "before": "min", "highest": "max", "after": "max"}
    columns |= {"fell_us": "min", "rose_us": "min"}
    found = dicts(odd.group_by("device").agg(*(getattr(nw.col(name), way)() for name, way in columns.items())))
    last = _last(paired, [row["device"] for row in found if row["highest"] is not None])
    return {
        row["device"]: Falls(
            deep=None not in (row["before"], row["after"]) and row["after"] >= row["before"],
            slight=bool(row["slight"]),
            falls=bool(row["fall"]),
            ends=_may_reach_over(row, last.get(row["device"])),
        )
        for row in found
    }


def _last(paired: Lazy, devices: Sequence[int]) -> dict[int, int]:
    """Last value of devices."""
    if not devices:
        return {}
    own = paired.filter(nw.col("device").is_in(devices)).select("device", "end_us", "v")
    latest = own.group_by("device").agg(nw.col("end_us").max())
    return {row["device"]: row["v"] for row in dicts(own.join(latest, on=["device", "end_us"]))}


def _may_reach_over(row: Mapping[str, int | None], last: int | None) -> bool:
    """Tell whether a steep rise comes before any deep fall, or the last value is still low against an old one."""
    rose, fell, highest = row["rose_us"], row["fell_us"], row["highest"]
    began = rose is not None and (fell is None or rose < fell)
    return began or (highest is not None and last is not None and last * SHARE < highest)


def _slipped() -> nw.Expr:
    """Tell whether ``v`` lies below ``old`` by less than 1 % of it."""
    return (nw.col("v") < nw.col("old")) & ((nw.col("old") - nw.col("v")) * SHARE < nw.col("old"))


def suspects(devices: Sequence[Device], falls: Mapping[int, Falls]) -> dict[str, list[int]]:
    """Devices in which dips may be, by kind; what a bidirectional counter runs back by little is an amount."""
    one_way = {device.device for device in devices if not device.bidirectional}
    return {
        "deep": [device for device, fall in falls.items() if fall.deep],
        "slight": [device for device, fall in falls.items() if fall.slight and device in one_way],
    }


def runs(rows: Lazy) -> Lazy:
    """Count the stretches (``run``) of each device between falls and hundredfold rises."""
    before = nw.col("v").shift(1).over("device", **_BY_TIME)
    cut = ((nw.col("v") < before) | (nw.col("v") > before * SHARE)).fill_null(False)
    numbered = rows.with_columns(cut=cut.cast(nw.Int64))
    return numbered.with_columns(run=nw.col("cut").cum_sum().over("device", **_BY_TIME).cast(nw.Int64)).drop("cut")


def dips(numbered: Lazy) -> Lazy:
    """Find the runs that are dips: below 1 % of the old value, and within six runs the counter stands above it again.

    ``numbered`` as from `runs` with ``limit``: where one is known, the recovered value must be within its reach. What
    a bidirectional counter can have run back is no dip.
    """
    stretches = (
        numbered.group_by("device", "run")
        .agg(
            first_us=nw.col("us").min(),
            last_us=nw.col("us").max(),
            low=nw.col("v").min(),
            high=nw.col("v").max(),
            power=(nw.col("limit") / nw.col("weight")).max(),
            two_way=nw.col("bidirectional").cast(nw.Int32).max(),
            n=nw.len(),
        )
        .with_columns(
            old=nw.col("high").shift(1).over("device", order_by="run"),
            old_us=nw.col("last_us").shift(1).over("device", order_by="run"),
        )
    )
    back_reach = (nw.col("first_us") - nw.col("old_us")) * nw.col("power")
    ran_back = (nw.col("two_way") > 0) & (nw.col("old") - nw.col("low") < back_reach).fill_null(True)
    length, still = nw.lit(0), ~ran_back & (nw.col("high") * SHARE < nw.col("old"))
    for ahead in range(1, RUNS + 1):
        value = nw.col("low").shift(-ahead).over("device", order_by="run")
        top = nw.col("high").shift(-ahead).over("device", order_by="run")
        reach = (nw.col("first_us").shift(-ahead).over("device", order_by="run") - nw.col("old_us")) * nw.col("power")
        back = still & (value >= nw.col("old")) & ((value - nw.col("old")) <= reach).fill_null(True)
        length = nw.when(back & (length == 0)).then(nw.lit(ahead)).otherwise(length)
        still = still & (top * SHARE < nw.col("old"))
    inside = _inside(stretches.with_columns(length=length.fill_null(0)), "run", RUNS)
    return inside.filter(nw.col("inside")).select("device", "run", "first_us", "last_us", "n")


def _inside(judged: Lazy, order: str, most: int) -> Lazy:
    """Mark (``inside``) the rows of which one at most ``most`` before has a ``length`` that reaches over them."""
    inside = nw.col("length") > 0
    for back_by in range(1, most):
        inside = inside | (nw.col("length").shift(back_by).over("device", order_by=order) > back_by).fill_null(False)
    return judged.with_columns(inside=inside)


def slips(rows: Lazy) -> Lazy:
    """Mark (``dip``) the readings of slight dips: below the old value by less than 1 %, until the counter is back.

    It must stand at or above the old value within twelve readings.
    """
    value = nw.col("v")
    length = nw.lit(0)
    for ahead in range(SLIP_READINGS, 0, -1):
        back = (value.shift(-ahead).over("device", **_BY_TIME) >= nw.col("old")).fill_null(False)
        length = nw.when(back).then(nw.lit(ahead)).otherwise(length)
    fallen = rows.with_columns(old=value.shift(1).over("device", **_BY_TIME)).with_columns(back=length)
    slipped = _slipped().fill_null(False)
    judged = fallen.with_columns(length=nw.when(slipped).then(nw.col("back")).otherwise(nw.lit(0)))
    return _inside(judged, "us", SLIP_READINGS).drop("old", "back", "length").rename({"inside": "dip"})


def without_dips(
    rows: Lazy, constants: Lazy, own: Lazy | None, *, deep: list[int], slight: list[int]
) -> tuple[Lazy, list[dict[str, int]]]:
    """Set dips aside and mark the reading after each; return the rest and the dips.

    ``deep`` and ``slight`` are the devices in which dips of either kind may be (`falling`).
    """
    found: list[dict[str, int]] = []
    if deep:
        suspects = rows.filter(nw.col("device").is_in(deep)).join(
            constants.select("device", "weight", "rated", "bidirectional"), on="device"
        )
        numbered = hold(runs(with_limit(suspects, own)))
        gone = hold(dips(numbered)).select("device", "run", dip=nw.lit(True))
        marked = numbered.join(gone, on=["device", "run"], how="left")
        rows, found = _set_aside(rows, marked.with_columns(dip=nw.col("dip").fill_null(False)), deep)
    if slight:
        rows, more = _set_aside(rows, slips(rows.filter(nw.col("device").is_in(slight))), slight)
        found += more
    return rows, found


def _set_aside(rows: Lazy, marked: Lazy, devices: list[int]) -> tuple[Lazy, list[dict[str, int]]]:
    """Take the readings marked ``dip`` out of ``rows``, mark the reading after each stretch; tell the stretches."""
    columns = rows.collect_schema().names()
    marked = hold(marked.with_columns(kept=(~nw.col("dip")).cast(nw.Int64)))
    marked = marked.with_columns(stretch=nw.col("kept").cum_sum().over("device", **_BY_TIME))
    dipped = marked.filter(nw.col("dip")).group_by("device", "stretch")
    found = dicts(dipped.agg(first_us=nw.col("us").min(), last_us=nw.col("us").max(), n=nw.len()))
    if not found:
        return rows, []
    after = nw.col("dip").shift(1).over("device", **_BY_TIME).fill_null(False)
    rest = marked.with_columns(after=after).filter(~nw.col("dip"))
    fresh = nw.col("after").cast(nw.Int32) * (1 - nw.col("marks") // SPIKE % 2)
    rest = rest.with_columns(marks=(nw.col("marks") + fresh * SPIKE).cast(nw.Int32))
    others = rows.filter(~nw.col("device").is_in(devices))
    return hold(stack([others.select(columns), rest.select(columns)])), found
