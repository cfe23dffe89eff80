"""Drawings of papers as SVG with the look's colours written out: month bars, sorted bars, ladder, lines, Sankey.

Values are numbers of one unit; None is not known and is drawn as a dash, never as a bar of nought. Text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lingtan.report.markup import Markup, el, join
from lingtan.trace import show

#: Colours of the look by token, light ground (the style sheets of page and platform have the same).
TOKENS: Mapping[str, str] = {
    "elec-grid": "#2C5FA8", "elec-wind": "#12998A", "elec-pv": "#DFA100", "elec-cert": "#8FD0A8", "gas": "#A98BDD",
    "coal": "#3F464E", "diesel": "#8A5433", "heat": "#D9483F", "cooling": "#5FB3D4", "biomass": "#8C9A2B",
    "hydrogen": "#5BAA3C", "water": "#2B9CC4", "waste": "#A58B5B", "process": "#E39AB9", "measured": "#7D9198",
    "metered": "#7D9198", "reported": "#7FA6DE", "estimated": "#B9A06A", "missing": "#B8322A", "ok": "#17784E",
    "watch": "#8F5A00", "act": "#B8322A", "info": "#2F62A8", "primary": "#0B6B61", "loss": "#9AA7AC", "node": "#53666D",
}  # fmt: skip
#: Qualities that are never a plain colour.
HATCHED = ("estimated", "missing")
TEXT, SECOND, LINE, GROUND, SOFT = "#14242A", "#53666D", "#DFE6E7", "#F5F7F7", "#E2F3EA"
WIDE, HIGH, LEFT, TOP, FOOT = 680.0, 230.0, 52.0, 14.0, 22.0
SMALL = 11.0


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: values by place, and which of them rest on an estimate."""

    name: str
    token: str
    values: Sequence[float | None]
    estimated: Sequence[bool] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to heights: nought at ``zero``, ``unit`` points a unit, grid lines ``step`` apart."""

    zero: float
    unit: float
    step: float
    low: int
    high: int

    def y(self, value: float) -> float:
        """Return the height of a value."""
        return self.zero - value * self.unit


def months(
    labels: Sequence[str], series: Sequence[Series], *, line: Series | None = None,
    coverage: Sequence[float | None] = (), marked: int | None = None, coverage_name: str = "",
    until: int | None = None,
) -> str:  # fmt: skip
    """Return bars stacked by series, one a label, with a comparison as a dotted line and a strip of coverage below.

    ``marked`` is the place of the label in question: its ground is tinted. Estimated parts are hatched. Places after
    ``until`` are not part of the question: they stay empty, without the dash of what is not known.
    """
    strip = 16.0 if coverage else 0.0
    scale = _scale(series, line, HIGH - TOP - FOOT - strip)
    slot = (WIDE - LEFT) / max(len(labels), 1)
    parts: list[str] = [_hatches(series)]
    if marked is not None:
        parts.append(el("rect", x=LEFT + marked * slot, y=TOP - 6, width=slot, height=HIGH - TOP - strip, fill=GROUND))
    parts.append(_grid(scale))
    for at, label in enumerate(labels):
        left = LEFT + at * slot
        parts.append(_stack(series, at, left=left + slot * 0.17, width=slot * 0.66, scale=scale))
        asked = until is None or at <= until
        if asked and all(one.values[at] is None for one in series):
            parts.append(_text(left + slot / 2, scale.zero - 5, show.NOT_APPLICABLE, anchor="middle"))
        bold = at == marked
        parts.append(_text(left + slot / 2, HIGH - strip - 6, label, anchor="middle", strong=bold))
    if line is not None:
        parts.append(_dotted(line, scale, slot))
    if coverage:
        parts.append(_strip(coverage[: len(labels) if until is None else until + 1], slot, coverage_name))
    low, drawn = _legend([*series, *([line] if line else [])], HIGH + 16, dotted=line)
    return _svg(WIDE, low, [*parts, drawn])


def _scale(series: Sequence[Series], line: Series | None, height: float) -> Scale:
    count = max((len(one.values) for one in series), default=0)
    sums = [[one.values[at] or 0.0 for one in series] for at in range(count)]
    above = max([sum(value for value in row if value > 0) for row in sums] + [0.0])
    below = min([sum(value for value in row if value < 0) for row in sums] + [0.0])
    known = [value for value in (line.values if line else ()) if value is not None]
    above, below = max([above, 1e-9, *known]), min([below, *known, 0.0])
    step = _step(above - below)
    high, low = int(-(-above // step)), -int(-below // step)
    unit = height / (high * step - below)
    return Scale(TOP + high * step * unit, unit, step, low, high)


def _step(extent: float) -> float:
    """Return a round distance that gives three to five grid lines."""
    rough, power = extent / 4, 1.0
    while power > rough:
        power /= 10
    while power * 10 <= rough:
        power *= 10
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)


def _grid(scale: Scale) -> Markup:
    parts: list[str] = []
    for at in range(scale.low, scale.high + 1):
        y = scale.y(at * scale.step)
        parts.append(el("line", x1=LEFT, x2=WIDE, y1=y, y2=y, stroke=SECOND if at == 0 else LINE, stroke_width=0.8))
        parts.append(_text(LEFT - 7, y + 4, _tick(at * scale.step, scale.step), anchor="end"))
    return join(parts)


def _tick(value: float, step: float) -> str:
    places = next((places for places in (0, 1, 2) if abs(step * 10**places - round(step * 10**places)) < 1e-6), 3)
    return show.number(value, places)


def _stack(series: Sequence[Series], at: int, *, left: float, width: float, scale: Scale) -> Markup:
    parts, up, down = [], scale.zero, scale.zero
    for one in series:
        value = one.values[at]
        if not value:
            continue
        size = abs(value) * scale.unit
        y = up - size if value > 0 else down
        up, down = (y, down) if value > 0 else (up, down + size)
        guessed = at < len(one.estimated) and one.estimated[at]
        fill = f"url(#h-{one.token})" if guessed else _colour(one.token)
        height = max(size - 0.8, 0.4)
        parts.append(el("rect", x=left, y=y, width=width, height=height, fill=fill, stroke=_colour(one.token),
                        stroke_width=0.6 if guessed else 0))  # fmt: skip
    return join(parts)


def _colour(token: str) -> str:
    return TOKENS.get(token, SECOND)


def _hatches(series: Sequence[Series]) -> Markup:
    """Return the hatched fills of the series that have estimates."""
    tokens = dict.fromkeys(one.token for one in series if any(one.estimated))
    made = (
        el("pattern", el("rect", width=5, height=5, fill="#FFFFFF"),
           el("path", d="M-1,1 l2,-2 M0,5 l5,-5 M4,6 l2,-2", stroke=_colour(token), stroke_width=1.6),
           id=f"h-{token}", width=5, height=5, patternUnits="userSpaceOnUse")
        for token in tokens
    )  # fmt: skip
    return el("defs", *made)


def _dotted(line: Series, scale: Scale, slot: float) -> Markup:
    """Return a dotted line through what is known; it breaks where nothing is."""
    parts, run = [], list[str]()
    for at, value in enumerate([*line.values, None]):
        if value is not None:
            run.append(f"{LEFT + (at + 0.5) * slot:.1f},{scale.y(value):.1f}")
            continue
        if len(run) > 1:
            parts.append(el("polyline", points=" ".join(run), fill="none", stroke=TEXT, stroke_width=1.3,
                            stroke_dasharray="2 3"))  # fmt: skip
        elif run:
            x, y = run[0].split(",")
            parts.append(el("circle", cx=x, cy=y, r=1.8, fill=TEXT))
        run = []
    return join(parts)


def _strip(coverage: Sequence[float | None], slot: float, name: str) -> Markup:
    y, parts = HIGH - 12, [_text(LEFT - 7, HIGH - 4, name, anchor="end", size=9)]
    for at, share in enumerate(coverage):
        left, width = LEFT + at * slot + slot * 0.17, slot * 0.66
        part = min(share or 0.0, 1.0)
        if part < 1:
            parts.append(el("rect", x=left + width * part, y=y, width=width * (1 - part), height=7, fill="#FFFFFF",
                            stroke=_colour("missing"), stroke_width=0.5, stroke_dasharray="1.5 1.5"))  # fmt: skip
        if part:
            parts.append(el("rect", x=left, y=y, width=width * part, height=7, fill=_colour("metered")))
    return join(parts)


def _legend(series: Sequence[Series], y: float, *, dotted: Series | None = None) -> tuple[float, Markup]:
    """Return where a legend ends and the legend, in as many lines as it needs."""
    parts, x = [], LEFT
    for one in series:
        wide = 22 + width_of(one.name)
        if x + wide > WIDE and x > LEFT:
            x, y = LEFT, y + 17
        if one is dotted:
            parts.append(el("line", x1=x, x2=x + 12, y1=y - 4, y2=y - 4, stroke=TEXT, stroke_width=1.3,
                            stroke_dasharray="2 3"))  # fmt: skip
        else:
            fill = f"url(#h-{one.token})" if one.token in HATCHED else _colour(one.token)
            parts.append(el("rect", x=x, y=y - 9, width=10, height=10, fill=fill, stroke=_colour(one.token),
                            stroke_width=0.5))  # fmt: skip
        parts.append(_text(x + 15, y, one.name))
        x += wide + 8
    return y + 8, join(parts)


def width_of(text: str, size: float = SMALL) -> float:
    """Return about how wide a text is: Chinese letters a whole size, others a bit more than half."""
    return sum(size if ord(one) > 0x2E80 else size * 0.56 for one in text)


def bars(rows: Sequence[tuple[str, float | None, str, str]], *, name_width: float = 170) -> str:
    """Return one lying bar a row (name, value, token, what stands behind it); not known is a dash."""
    known = [abs(value) for _name, value, _token, _said in rows if value is not None]
    most, high, parts = max([*known, 1e-9]), 22.0, list[str]()
    behind = max([width_of(said) for *_rest, said in rows] + [40.0]) + 12
    space = WIDE - name_width - behind
    for at, (name, value, token, said) in enumerate(rows):
        y = at * high
        parts.append(_text(name_width - 8, y + 15, clipped(name, name_width - 8), anchor="end"))
        size = space * abs(value) / most if value else 0.0
        if size:
            parts.append(el("rect", x=name_width, y=y + 4, width=max(size, 1.0), height=14, fill=_colour(token)))
        parts.append(_text(name_width + size + 6, y + 15, said if value is not None else show.NOT_APPLICABLE))
    return _svg(WIDE, max(len(rows), 1) * high, parts)


def clipped(text: str, width: float, size: float = SMALL) -> str:
    """Return a text that fits a width, its end given up for an ellipsis where it must be."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text, size) > width - size:
        text = text[:-1]
    return text + "…"


def ladder(value: float, limits: Sequence[tuple[float, str]], *, said: str, before: tuple[float, str] | None = None,
           span: tuple[float, float] | None = None) -> str:  # fmt: skip
    """Return an indicator as a bar with its lines (value, words), the value of the year before, and its range."""
    tops = [value, *(limit for limit, _ in limits), *([before[0]] if before else []), *(span or ())]
    scale = (WIDE - 60) / (max([*tops, 1e-9]) * 1.08)
    passing = min((limit for limit, _ in limits), default=0.0)
    parts = [
        el("rect", x=4, y=34, width=WIDE - 60, height=26, fill=GROUND),
        el("rect", x=4, y=34, width=max(passing * scale, 0.0), height=26, fill=SOFT),
        el("rect", x=4, y=40, width=max(value * scale, 1.0), height=14, fill=_colour("metered")),
        _text(max(4 + value * scale, 20), 26, said, anchor="middle" if value * scale > 60 else "start", strong=True,
              size=14),
    ]  # fmt: skip
    if span and span[0] != span[1]:
        low, high = (4 + one * scale for one in span)
        parts.append(el("path", d=f"M{low:.1f},42 v10 M{low:.1f},47 H{high:.1f} M{high:.1f},42 v10", stroke=TEXT,
                        fill="none", stroke_width=1.2))  # fmt: skip
    for limit, words in limits:
        x = 4 + limit * scale
        parts.append(el("line", x1=x, x2=x, y1=30, y2=66, stroke=_colour("ok"), stroke_width=2))
        parts.append(_text(x + 4, 76, words))
    if before:
        parts.append(el("circle", cx=4 + before[0] * scale, cy=47, r=3, fill="#FFFFFF", stroke=TEXT, stroke_width=1.2))
        parts.append(_text(WIDE, 76, f"○ {before[1]}", anchor="end"))
    return _svg(WIDE, 82, parts)


def composition(parts: Sequence[tuple[str, float, str]]) -> str:
    """Return one bar of parts (words, share of 1, token) with its words below."""
    drawn, x = list[str](), LEFT
    patterns = [Series("", token, (), (True,)) for _words, _share, token in parts if token in HATCHED]
    for _words, share, token in parts:
        fill = f"url(#h-{token})" if token in HATCHED else _colour(token)
        wide = (WIDE - LEFT) * share
        if wide > 0:
            drawn.append(el("rect", x=x, y=2, width=max(wide - 0.8, 0.3), height=11, fill=fill, stroke=_colour(token),
                            stroke_width=0.5))  # fmt: skip
        x += wide
    low, legend = _legend([Series(words, token, ()) for words, share, token in parts if share > 0], 30)
    return _svg(WIDE, low, [_hatches(patterns), *drawn, legend])


def lines(labels: Sequence[str], series: Sequence[Series]) -> str:
    """Return lines over labels; a line breaks where a value is not known, a lone value is a dot."""
    values = [value for one in series for value in one.values if value is not None]
    scale = _scale([Series("", "", [max([*values, 0.0])]), Series("", "", [min([*values, 0.0])])], None,
                   HIGH - TOP - FOOT)  # fmt: skip
    slot = (WIDE - LEFT) / max(len(labels), 1)
    every = max(len(labels) // 16, 1)
    parts: list[str] = [_grid(scale)]
    places = range(0, len(labels), every)
    parts += [_text(LEFT + (at + 0.5) * slot, HIGH - 6, labels[at], anchor="middle") for at in places]
    for one in series:
        drawn = _dotted(one, scale, slot)
        parts.append(Markup(drawn.replace(TEXT, _colour(one.token)).replace(' stroke-dasharray="2 3"', "")))
    low, legend = _legend(series, HIGH + 16)
    return _svg(WIDE, low, [*parts, legend])


def _text(x: float, y: float, said: str, *, anchor: str = "start", strong: bool = False, size: float = SMALL) -> Markup:
    return el("text", said, x=float(x), y=float(y), text_anchor=anchor, font_size=size, fill=TEXT if strong else SECOND,
              font_family="Noto Sans SC", font_weight="bold" if strong else None)  # fmt: skip


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    view = f"0 0 {width:.0f} {height:.0f}"
    return str(el("svg", *map(Markup, parts), xmlns="http://www.w3.org/2000/svg", viewBox=view))
