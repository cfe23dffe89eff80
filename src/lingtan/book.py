"""The front door: a park folder opened once; flows, accounts and explanations drawn from it as they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingtan.ledger import clock, folder
from lingtan.ledger.folder.settings import REPAIRS

if TYPE_CHECKING:
    from lingtan.certificates import Coverage
    from lingtan.flows.model import FlowSet
    from lingtan.inventory.bridge import Bridge
    from lingtan.inventory.methods import Method
    from lingtan.inventory.model import Account
    from lingtan.ledger.finding import Finding
    from lingtan.ledger.folder import Loaded
    from lingtan.ledger.park import Park
    from lingtan.reference import FactorRow, Library
    from lingtan.series.model import Series
    from lingtan.trace import Explanation
    from lingtan.trace.context import Place, ReadingFile

DEFAULT_METHOD = "cn-zcp-2025"
STEPS = ("day", "month", "year")
AROUND, EDGE = timedelta(days=2), 16
# What a source that reaches over the edge of a year must hold of it to make it a year of the park: bills from the 25th
# do not, nor does the reading that closes the year before (footers of Parquet files are right to a day).
_MONTH, _DAY = timedelta(days=28), timedelta(hours=27)


def installed() -> Path:
    """Return the folder of the user's installation, where ``lingtan reference import`` places sets for all parks."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home fails where a user has no home
    return Path(home) / ".local" / "share" / "lingtan"


class BookError(Exception):
    """Something asked of a park folder that it cannot give; the message says what and what to do."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """How an account is asked for, beside its year; see `Book.account`."""

    method: str
    boundary: str | None
    chosen: tuple[tuple[str, str], ...]
    allow_recalled: bool


@dataclass(slots=True)
class Book:
    """A park folder. Everything is computed when first asked for and kept; the folder itself is never changed.

    Years are calendar years in the park's zone. Build one with :meth:`open`.
    """

    loaded: Loaded
    park: Park
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | str, *, repairs: Mapping[str, Sequence[str]] | None = None) -> Book:
        """Read a park folder; ``repairs`` switches named repairs on for points, beside those of ``park.toml``.

        Raises
        ------
        FolderError : there is no folder, or its ``park.toml`` cannot be read.
        """
        loaded = folder.read(Path(path))
        return cls(loaded, _repaired(loaded.park, repairs or {}))

    @property
    def synthetic(self) -> bool:
        """Tell whether ``park.toml`` says that the data are synthetic."""
        return self.loaded.extras.unknown.get("synthetic") is True

    @property
    def root(self) -> Path:
        """The folder."""
        return self.loaded.root or Path()

    def years(self) -> tuple[int, ...]:
        """Return the years that readings or statements speak of, first to last."""
        found: tuple[int, ...] = self._once(("years",), self._years)
        return found

    def _years(self) -> tuple[int, ...]:
        told = [((row.stream, row.kind, row.reporter), row.start, row.end, _MONTH) for row in self.park.statements]
        read = [(place, start, end, _DAY) for place, (start, end) in enumerate(folder.spans(self.loaded.readings))]
        return tuple(sorted(clock.years_of([*told, *read], self.park.settings.zone)))

    def series(self, start: datetime, end: datetime, *, steps: Sequence[str] = STEPS) -> Series:
        """Return the roll-ups of the readings over [start, end)."""
        kept: Series = self._once(("series", start, end, tuple(steps)), lambda: self._series(start, end, tuple(steps)))
        return kept

    def _series(self, start: datetime, end: datetime, steps: tuple[str, ...], *, whole: bool = False) -> Series:
        """Roll the readings up; ``whole`` opens every file, also those that no point of the park calls for."""
        from lingtan import series

        source = self.loaded.readings
        if whole:
            return series.summarise(source.blocks(), self.park, start, end, steps=steps, place=source.place)
        # With the whole years and what lies around them, so that a day is judged alike in a window of any length, and
        # rules that look at neighbours judge its edges like its middle.
        zone = self.park.settings.zone
        low, high = self.window(start.astimezone(zone).year, _last_year(end.astimezone(zone)))
        blocks = source.blocks(start=low - AROUND, end=high + AROUND, edge=EDGE)
        return series.summarise(
            blocks, self.park, start, end, steps=steps, place=source.place, history=lambda points: source.blocks(points)
        )

    def flows(self, year: int, last: int | None = None) -> FlowSet:
        """Return the adopted flows of a year, or of the years ``year`` to ``last``."""
        return self._adopted(self.series(*self.window(year, last)))

    def _adopted(self, rolled: Series) -> FlowSet:
        from lingtan import flows

        kept: FlowSet = self._once(
            ("flows", id(rolled)), lambda: (rolled, flows.adopt(self.park, rolled, rolled.start, rolled.end))
        )[1]
        return kept

    def window(self, year: int, last: int | None = None) -> tuple[datetime, datetime]:
        """Return the instants that bound a year, or the years ``year`` to ``last``, in the park's zone.

        Raises
        ------
        BookError : the year is not one of 1900 to 2100.
        """
        for asked in (year, last or year):
            if not clock.FIRST_YEAR <= asked <= clock.LAST_YEAR:
                raise BookError(f"Expected a year from {clock.FIRST_YEAR} to {clock.LAST_YEAR}, got {asked}.")
        zone = self.park.settings.zone
        return clock.year_bounds(year, zone)[0], clock.year_bounds(last or year, zone)[1]

    def flow_table(
        self, *, by: str, step: str, start: date, end: date, ids: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of ``lingtan flows`` over [start, end); flows are adopted over whole years.

        ``start`` and ``end`` are local days, or aware instants.

        Raises
        ------
        BookError : the span is empty, or an id is not one of the rows'.
        """
        from lingtan import flows

        zone = self.park.settings.zone
        for day in (start, end):
            self.window(day.year)
        first, until = (at if isinstance(at, datetime) else clock.local_midnight(at, zone) for at in (start, end))
        if first >= until:
            raise BookError(f"Expected the first day before the last, got {start} and {end}.")
        years = first.astimezone(zone).year, _last_year(until.astimezone(zone))
        whole = self.window(*years)
        adopted = self.flows(*years)
        self._known_ids(by, ids)
        extra = (step,) if step in ("hour", "interval") else ()
        days = clock.days(first, until, zone)
        rolled = self.series(*((days[0][0], days[-1][1]) if extra else whole), steps=(*STEPS, *extra))
        rows = flows.tabulate(self.park, adopted, rolled, by=by, step=step, start=first, end=until)
        return [row for row in rows if not ids or row["id"] in ids]

    def _known_ids(self, by: str, ids: Sequence[str]) -> None:
        points = {meter.point for meter in self.park.meters} | {point.point for point in self.park.virtual}
        known = {"stream": set(self.park.streams), "node": set(self.park.nodes), "point": points}[by]
        for asked in ids:
            if asked not in known:
                raise BookError(f"There is no {by} {asked!r} in this park.{_near(asked, known)}")

    def check(self) -> tuple[Finding, ...]:
        """Return every finding of the folder: rows, readings, intervals, adoption and certificates, over all years."""
        from lingtan.trace import stake

        found = list(self._folder_findings())
        years = self.years()
        if years:
            start, end = self.window(years[0], years[-1])
            key = ("series", start, end, STEPS)
            rolled: Series = self._once(key, lambda: self._series(start, end, STEPS, whole=True))
            adopted = self.flows(years[0], years[-1])
            found += [*rolled.findings, *adopted.findings]
            found += self._covered_by_default(adopted, start, end)
        else:
            for _ in self.loaded.readings.blocks():
                pass
        found += self.loaded.readings.findings()
        return stake.merged(found, park=self.park)

    def _folder_findings(self) -> tuple[Finding, ...]:
        """Return the findings of the tables, with those of observations, which no other question needs."""
        if any(file.startswith("observations/") for file in self.loaded.extras.files):
            return folder.read(self.root, observations=True).findings
        return self.loaded.findings

    def _covered_by_default(self, adopted: FlowSet, start: datetime, end: datetime) -> tuple[Finding, ...]:
        """Return what certificates find in the default boundary; that it is not known the folder says."""
        from lingtan.ledger.boundary import BoundaryError

        try:
            return self._covered(adopted, self._boundary(None), start, end).findings
        except BoundaryError:
            return ()

    def _covered(self, adopted: FlowSet, boundary: str, start: datetime, end: datetime) -> Coverage:
        from lingtan import certificates

        return certificates.cover(self.park, adopted, boundary, start, end)

    def _boundary(self, asked: str | None) -> str:
        from lingtan.ledger.boundary import default_boundary

        if asked is None:
            return default_boundary(self.park)
        if asked not in self.park.boundaries:
            known = ", ".join(self.park.boundaries) or "none"
            raise BookError(f"There is no boundary {asked!r} in this park; boundaries.csv has: {known}.")
        return asked

    def method(self, name: str) -> Method:
        """Return a method by its id, by the path of its file, or by the name of a file in ``methods/`` of the folder.

        Raises
        ------
        BookError : the file is not there or is no UTF-8 text.
        MethodError : no such method, or its file cannot be used.
        """
        kept: Method = self._once(("method", name), lambda: self._method(name))
        return kept

    def _method(self, name: str) -> Method:
        from lingtan.inventory import methods

        inside = self.root / "methods" / (name if name.endswith(".toml") else f"{name}.toml")
        file = next((path for path in (inside, Path(name)) if path.suffix == ".toml" and path.is_file()), None)
        if file is None and not name.endswith(".toml"):
            return methods.load(name)
        if file is None:
            raise BookError(f"There is no method file {name}, neither as it stands nor in {inside.parent}.")
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as fault:
            raise BookError(f"{file}: expected UTF-8, byte {fault.start} is not; save the file as UTF-8.") from fault
        try:
            read = methods.load(text=text)
        except methods.MethodError as fault:
            raise methods.MethodError(f"{file}: {fault}") from fault
        if read.id in methods.names() and text != methods.shipped(read.id):
            raise BookError(f"{file}: {read.id} is a method of the package; give changed rules an id of their own.")
        return read

    def account(
        self,
        year: int,
        method: str = DEFAULT_METHOD,
        *,
        boundary: str | None = None,
        chosen: Mapping[str, str] | None = None,
        allow_recalled: bool = False,
    ) -> Account:
        """Return the account of a year under a method; ``chosen`` takes other alternatives of its choices.

        The account carries every finding of folder, readings, adoption and certificates that concerns the year.
        """
        asked = _Asked(method, boundary, tuple(sorted((chosen or {}).items())), allow_recalled)
        kept: Account = self._once(
            ("account", year, asked), lambda: self._account(year, asked, self.series(*self.window(year)))
        )
        return kept

    def accounts(
        self,
        year: int,
        last: int,
        method: str = DEFAULT_METHOD,
        *,
        boundary: str | None = None,
        chosen: Mapping[str, str] | None = None,
        allow_recalled: bool = False,
    ) -> tuple[Account, ...]:
        """Return the accounts of the years ``year`` to ``last`` from one pass over the readings.

        Amounts are those of :meth:`account`. Doubts about readings are judged over all these years, so a finding of
        theirs may differ from, or reach further than, that of one year alone.
        """
        asked = _Asked(method, boundary, tuple(sorted((chosen or {}).items())), allow_recalled)
        whole = self.series(*self.window(year, last))
        return tuple(self._account(each, asked, whole.within(*self.window(each))) for each in range(year, last + 1))

    def _account(self, year: int, asked: _Asked, rolled: Series) -> Account:
        from lingtan import inventory
        from lingtan.trace import stake

        known = self.method(asked.method)
        inside = self._boundary(asked.boundary)
        start, end = rolled.start, rolled.end
        adopted = self._adopted(rolled)
        covered = self._covered(adopted, inside, start, end)
        stocks, stock_findings = self._stock_changes(start, end)
        made = inventory.account(
            self.park,
            adopted,
            covered,
            method=known,
            year=year,
            boundary=inside,
            chosen=dict(asked.chosen),
            allow_recalled=asked.allow_recalled,
            stock_changes=stocks,
            tables=self._library(),
        )
        found = [
            *self.loaded.findings,
            *rolled.findings,
            *self.loaded.readings.findings(),
            *adopted.findings,
            *covered.findings,
            *stock_findings,
            *made.findings,
        ]
        about = stake.about(found, start, end, quiet=inventory.disregarded(self.park, known))
        return replace(made, findings=stake.merged(about, park=self.park, account=made))

    def _library(self) -> Library:
        """Return the library with the user's own copies: ``factors/`` of the folder, then the installation's."""
        kept: Library = self._once(("library",), self._extended)
        return kept

    def _extended(self) -> Library:
        from lingtan.reference import extend, library
        from lingtan.reference.tables import raw_names
        from lingtan.reference.user import read_table

        shelf = library()
        rows: list[FactorRow] = []
        for folder_of in (self.root, installed()):
            held = {row.set_id for row in rows}
            for file in sorted((folder_of / "factors").glob("*.csv")):
                table = read_table(file.read_text(encoding="utf-8"), shelf, names=raw_names())
                wrong = next((fault for fault in table.faults if fault.level == "error"), None)
                if wrong is not None:
                    raise BookError(
                        f"{file}:{wrong.line}: {wrong.message} Import the file again: lingtan reference import."
                    )
                rows += [row for row in table.rows if row.set_id not in held]
        return extend(shelf, rows) if rows else shelf

    def _stock_changes(self, start: datetime, end: datetime) -> tuple[dict[tuple[str, str], Any], list[Finding]]:
        from lingtan import flows

        changes: dict[tuple[str, str], Any] = {}
        found: list[Finding] = []
        for node, commodity in sorted(_converted(self.park)):
            amount, _, said = flows.stock_change(self.park, node, commodity, start, end)
            found += said
            if amount is not None:
                changes[node, commodity] = amount
        return changes, found

    def bridge(self, year: int, before: str, after: str, **selection: Any) -> Bridge:
        """Return the named differences between the accounts of two methods; they add up exactly."""
        from lingtan import inventory

        return inventory.bridge(self.account(year, before, **selection), self.account(year, after, **selection))

    def figures(self, year: int, method: str = DEFAULT_METHOD, **selection: Any) -> tuple[str, ...]:
        """Return the names of all figures that :meth:`explain` knows."""
        from lingtan.trace import names

        return names.known(self.account(year, method, **selection), self.flows(year))

    def explain(self, figure: str, year: int, method: str = DEFAULT_METHOD, **selection: Any) -> Explanation:
        """Return why a figure is what it is, down to files and lines; see ``lingtan.trace.explain``."""
        return self.explainer(self.account(year, method, **selection), self.flows(year), method=method)(figure)

    def explainer(
        self, account: Account, flow_set: FlowSet, *, method: str, place: Place | None = None
    ) -> Callable[[str], Explanation]:
        """Return what explains the figures of one account of this book; ``place`` finds reading files another way."""
        from lingtan import trace

        known = self.method(method)
        return trace.explainer(
            account,
            park=self.park,
            flow_set=flow_set,
            place=place or self.place,
            candidates=(*self.park.factors, *self._library().factors),
            documents={
                "": known.document, "title": known.name_en or known.id, "title_zh": known.name_zh,
                "edition": known.edition.isoformat(), "package": version("lingtan"),
            },
        )  # fmt: skip

    def place(self, point: str, start: datetime, end: datetime) -> tuple[ReadingFile, ...]:
        """Return the reading files that a point and span rest on."""
        kept: tuple[ReadingFile, ...] = self._once(("place", point, start, end), lambda: self._files(point, start, end))
        return kept

    def _files(self, point: str, start: datetime, end: datetime) -> tuple[ReadingFile, ...]:
        import polars as pl

        from lingtan.trace import ReadingFile

        source = self.loaded.readings
        frames = [frame for frame in source.blocks(points=[point], start=start, end=end) if frame.height]
        if not frames:
            return ()
        times = pl.col("time").is_between(start.astimezone(UTC), end.astimezone(UTC))
        file = (pl.col("order") // 2**32).alias("file")
        ordered = pl.concat(frames).filter(times).group_by(file).agg(
            pl.col("order").min().alias("first"), pl.col("order").max().alias("last"), pl.len().alias("readings")
        ).sort("file")  # fmt: skip
        digests = self._digests()
        parts = []
        for row in ordered.iter_rows(named=True):
            name, first = source.place(row["first"])
            parts.append(ReadingFile(name, first, source.place(row["last"])[1], row["readings"], digests.get(name, "")))
        return tuple(parts)

    def _digests(self) -> Mapping[str, str]:
        kept: Mapping[str, str] = self._once(("digest",), lambda: folder.digest(self.root))
        return kept

    def write(self, account: Account, path: Path | str, *, kind: str) -> Path:
        """Write an account as ``excel`` or ``html`` and return the path; nothing half-written is left."""
        from lingtan.report import excel, html

        target = Path(path)
        draft = target.with_name(f".{target.name}.part")
        try:
            if kind == "excel":
                flow_set = self.flows(account.year)
                excel.write(account, draft, park=self.park, flow_set=flow_set, synthetic=self.synthetic)
            else:
                html.write(account, draft, park=self.park, synthetic=self.synthetic)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return target

    def _once(self, key: tuple[Any, ...], make: Any) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def _repaired(park: Park, repairs: Mapping[str, Sequence[str]]) -> Park:
    """Return the park with named repairs switched on for more points.

    Raises
    ------
    BookError : the repair or the point is not known.
    """
    if not repairs:
        return park
    points = {meter.point for meter in park.meters}
    merged = dict(park.settings.repairs)
    for name, asked in repairs.items():
        if name not in REPAIRS:
            raise BookError(f"There is no repair {name!r}; there are: {', '.join(REPAIRS)}.")
        for point in asked:
            if point not in points:
                raise BookError(f"There is no point {point!r} in meters.csv to repair.{_near(point, points)}")
        merged[name] = tuple(dict.fromkeys((*merged.get(name, ()), *asked)))
    return replace(park, settings=replace(park.settings, repairs=merged))


def _near(text: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(text, sorted(known), n=3, cutoff=0.5)
    return f" Near: {', '.join(near)}." if near else ""


def _last_year(end: datetime) -> int:
    """Return the year that a half-open span ends in."""
    at_edge = (end.month, end.day, end.hour, end.minute, end.second) == (1, 1, 0, 0, 0)
    return end.year - 1 if at_edge else end.year


def _converted(park: Park) -> set[tuple[str, str]]:
    """Return (node, commodity) of everything that is charged into a conversion."""
    return {
        (stream.target, stream.commodity) for stream in park.streams.values() if stream.used_as == "conversion_input"
    }
