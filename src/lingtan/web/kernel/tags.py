"""Template tags that every page has: figures, their composition, states, changes, icons, charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from lingtan.web.kernel import figures

register = template.Library()
register.filter("day", figures.day)
register.filter("period", figures.period)
Number = figures.Number

#: State of a thing: icon, tone, word.
STATES: dict[str, tuple[str, str, Any]] = {
    "ok": ("circle-check", "ok", pgettext_lazy("state", "in order")),
    "watch": ("alert-triangle", "watch", pgettext_lazy("state", "watch")),
    "act": ("circle-x", "act", pgettext_lazy("state", "act")),
    "info": ("info-circle", "info", pgettext_lazy("state", "note")),
    "met": ("circle-check", "ok", pgettext_lazy("state", "met")),
    "gap": ("circle-x", "act", pgettext_lazy("state", "with a gap")),
    "unknown": ("circle-dashed", "", pgettext_lazy("state", "cannot be said")),
    "draft": ("circle-dashed", "", pgettext_lazy("state", "draft")),
    "open": ("circle-dashed", "watch", pgettext_lazy("state", "open")),
    "due": ("clock", "watch", pgettext_lazy("state", "due")),
    "late": ("circle-x", "act", pgettext_lazy("state", "late")),
    "submitted": ("clock", "info", pgettext_lazy("state", "to approve")),
    "approved": ("clock", "info", pgettext_lazy("state", "to check")),
    "returned": ("alert-triangle", "watch", pgettext_lazy("state", "returned")),
    "accepted": ("circle-check", "ok", pgettext_lazy("state", "accepted")),
    "preliminary": ("clock", "info", pgettext_lazy("state", "preliminary")),
    "final": ("lock", "ok", pgettext_lazy("state", "final")),
    "corrected": ("history", "info", pgettext_lazy("state", "corrected")),
    "closed": ("lock", "ok", pgettext_lazy("state", "closed")),
    "assigned": ("user", "info", pgettext_lazy("state", "assigned")),
    "confirmed": ("circle-check", "ok", pgettext_lazy("state", "confirmed")),
    "dismissed": ("minus", "", pgettext_lazy("state", "dismissed")),
    "queued": ("clock", "", pgettext_lazy("state", "waiting")),
    "running": ("refresh", "info", pgettext_lazy("state", "running")),
    "done": ("circle-check", "ok", pgettext_lazy("state", "done")),
    "failed": ("circle-x", "act", pgettext_lazy("state", "failed")),
    "cancelled": ("minus", "", pgettext_lazy("state", "cancelled")),
    "metered": ("gauge", "ok", pgettext_lazy("state", "metered")),
    "reported": ("clipboard-list", "", pgettext_lazy("state", "reported")),
    "estimated": ("alert-triangle", "watch", pgettext_lazy("state", "estimated")),
    "derived": ("circle-dashed", "", pgettext_lazy("state", "derived")),
    "missing": ("circle-x", "act", pgettext_lazy("state", "missing")),
    "released": ("world", "ok", pgettext_lazy("state", "released")),
    "blocked": ("lock", "act", pgettext_lazy("state", "locked")),
}
#: Ways of a change by its sign.
WAYS = {
    1: ("up", "▲", pgettext_lazy("change", "up")),
    -1: ("down", "▼", pgettext_lazy("change", "down")),
    0: ("", "=", pgettext_lazy("change", "unchanged")),
}
#: How the parts of a total came about, in the order they are drawn.
QUALITIES = {
    "metered": pgettext_lazy("quality", "metered"),
    "reported": pgettext_lazy("quality", "reported"),
    "estimated": pgettext_lazy("quality", "estimated or default"),
    "missing": pgettext_lazy("quality", "missing"),
}
HATCHED = {"estimated": "url(#hatch-filled)", "missing": "url(#hatch-missing)"}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon of the sprite; it says nothing by itself, a word stands beside it (or ``aria-label`` around)."""
    sprite = static("vendor/icons.svg")
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>', extra, sprite, name)


def _given(value: Any) -> Any:
    """Return None for what a template did not give, which arrives as an empty text."""
    return None if value == "" else value


def explanation(park: Any, run: Any, key: str) -> str:
    """Return the address of a figure's explanation (url name ``explain``), blank while there is none."""
    try:
        return reverse("explain", kwargs={"park": park.code, "run": getattr(run, "pk", run), "key": key})
    except (NoReverseMatch, AttributeError):
        return ""


def _cut(context: Mapping[str, Any]) -> str:
    """Return the query by which an explanation keeps a page's period, blank for whole years."""
    period = context.get("period")
    kind = getattr(period, "kind", "year")
    return "" if kind == "year" else f"?period={getattr(period, 'text', '')}"


@register.simple_tag(takes_context=True)
def figure(
    context: Mapping[str, Any], value: Number | None, unit: str = "", kind: str = "total", explain: str = "",
    run: Any = None, *, digits: int | None = None, coverage: Number | None = None, pm: Number | None = None,
    empty: bool = False, href: str = "",
) -> SafeString:  # fmt: skip
    """Show a figure by the one formatter; with ``explain`` (and ``run``) or ``href`` it opens its explanation.

    ``coverage`` and ``pm`` (half of the 95 % interval) are fractions; ``empty`` says ``not filled`` instead of a dash.
    """
    said = figures.shown(value, kind=kind, unit=unit, digits=_given(digits), coverage=_given(coverage), empty=empty)
    if value in (None, ""):
        return format_html('<span class="void{}">{}</span>', " empty" if empty else "", said.text)
    address = href or (explanation(context.get("park"), run, explain) + _cut(context) if explain else "")
    text = f"{said.before}{said.text}"
    if address:
        body = format_html('<a class="figure" href="{}" data-explain="{}">{}</a>', address, explain, text)
    else:
        body = format_html('<span class="plain">{}</span>', text)
    parts = [body, format_html('<span class="unit">{}</span>', said.unit) if said.unit else ""]
    if pm not in (None, ""):
        parts.append(format_html('<span class="pm">± {}\u2009%</span>', figures.number(pm, "uncertainty")))
    if said.note:
        parts.append(format_html('<span class="unseen">{}</span>', said.note))
    return format_html('<span class="fg">{}</span>', format_html_join("", "{}", ((part,) for part in parts)))


@register.simple_tag
def composition(
    measured: Number = 0, reported: Number = 0, estimated: Number = 0, missing: Number = 0, size: str = ""
) -> SafeString:
    """Draw the bar of how a total came about from four amounts or shares; it reads itself out in words."""
    given = [float(one or 0) for one in (measured, reported, estimated, missing)]
    whole = sum(given)
    shares = dict(zip(QUALITIES, (one / whole for one in given), strict=True)) if whole > 0 else {}
    words = [f"{QUALITIES[name]} {figures.amount(share, 'share')}" for name, share in shares.items() if share]
    drawn, left = [], 0.0
    for name, share in shares.items():
        paint = format_html('fill="{}"', HATCHED[name]) if name in HATCHED else format_html('class="q-{}"', name)
        if share:
            drawn.append((f"{100 * left:.2f}%", f"{100 * share:.2f}%", paint))
        left += share
    bars = format_html_join("", '<rect x="{}" width="{}" height="100%" {}/>', drawn)
    label = ", ".join(words) or _("nothing is known of how it came about")
    return format_html(
        '<svg class="composition {}" role="img" aria-label="{}"><title>{}</title>'
        '<rect class="track" width="100%" height="100%"/>{}</svg>', size, label, label, bars,
    )  # fmt: skip


@register.simple_tag
def status(word: str, label: str = "", solid: bool = False) -> SafeString:
    """Show a state of `STATES` by icon, word and tone; ``label`` says it in other words."""
    sign, tone, said = STATES.get(str(word), ("circle-dashed", "", word))
    return format_html(
        '<span class="pill {}{}">{}{}</span>', tone, " solid" if solid else "", icon(sign), label or said
    )


@register.simple_tag
def change(now: Number | None, before: Number | None, good: str = "", versus: str = "") -> SafeString:
    """Show a change in per cent; ``good`` (``down`` or ``up``) colours it where one direction is plainly better."""
    part = figures.change(now, before)
    if part is None:
        return format_html('<span class="void">{}</span>', figures.NONE)
    way, arrow, word = WAYS[(part > 0) - (part < 0)]
    tone = "" if not good or not part else "good" if way == good else "bad"
    size = figures.number(abs(part), "share")
    return format_html(
        '<span class="change {}"><span aria-hidden="true">{}</span><span class="unseen">{}</span> {}\u2009%'
        '<span class="versus"> {}</span></span>', tone, arrow, word, size, versus,
    )  # fmt: skip


@register.simple_tag
def bullet(value: Number | None, target: Number | None, top: Number, tone: str = "") -> SafeString:
    """Draw a value against its target on a scale from 0 to ``top``."""
    shares = (None if one is None or one == "" else float(one) / float(top) for one in (value, target))
    at, aim = ("" if one is None else f"{100 * min(1.0, max(0.0, one)):.2f}%" for one in shares)
    parts = [SafeString('<rect class="track" y="4" width="100%" height="5" rx="2"/>')]
    if at:
        parts.append(format_html('<rect class="bar {}" y="4" width="{}" height="5" rx="2"/>', tone, at))
    if aim:
        parts.append(format_html('<rect class="aim" x="{}" width="2.5" height="12"/>', aim))
    drawn = format_html_join("", "{}", ((part,) for part in parts))
    return format_html('<svg class="bullet" aria-hidden="true">{}</svg>', drawn)


@register.inclusion_tag("parts/chart.html")
def chart(name: str, kind: str, payload: Mapping[str, Any], size: str = "") -> dict[str, Any]:
    """Place a chart; kinds and shapes of the payload stand in the head of ``static/app/charts.js``."""
    return {"name": name, "kind": kind, "size": size, "chart": payload}


@register.filter
def width(share: Number | None) -> str:
    """Return the class of a bar's width for a fraction: ``w-37``."""
    return f"w-{max(0, min(100, round(100 * float(share or 0))))}"


@register.filter
def amount(value: Number | None, kind: str = "total") -> str:
    """Return a figure as plain text (``{{ value|amount:"share" }}``)."""
    return figures.amount(value, kind)
