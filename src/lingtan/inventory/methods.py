"""Methods as data: reading a method file and checking it, with no expression anywhere in it.

The vocabulary of the file is documented in ``docs/methods/how-to-add.md``. A text value ``"@<choice>"`` stands for the
value of the option chosen for that choice, so that the same file can be read once per alternative. The only file
access of the room is :func:`shipped`, which reads a text that lies inside the package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lingtan.inventory.rules import RULES
from lingtan.inventory.shapes import (
    MODES,
    OWN_SOURCES,
    SIDES,
    Band,
    EnergyEntry,
    Entry,
    Need,
    Option,
    Plan,
    Recipe,
    Select,
    Trade,
    Way,
)

CATEGORIES = ("fuel", "conversion", "electricity", "heat", "process")
_SELECT = ("kinds", "commodities", "fossil", "made_as", "used_as", "origins", "sectors", "node_kinds", "side")
_KEYS = {
    "method": (
        "id", "edition", "region", "gwp_set", "document", "name", "categories", "view", "disregard", "use_required",
        "band", "choice", "recipe", "entry", "energy", "trade", "note", "gwp",
    ),
    "choice": (
        "id", "chosen", "option", "unverified", "document", "reason", "date", "own", "title_zh", "title_en",
        "reason_zh", "leaves_out",
    ),
    "option": ("name", "value", "note", "zh"),
    "entry": (
        *_SELECT, "category", "scope", "activity", "recipe", "covered", "sign", "substance", "view", "notation",
        "optional", "stock", "beside",
    ),
    "energy": (*_SELECT, "term", "sign", "calorific", "equivalent", "counted", "stock"),
    "trade": ("category", "kinds", "supplier", "origin", "default"),
    "argument": (
        "parameter", "from", "unit", "value", "mode", "region", "qualifier", "subject", "document",
        "status", "ignores", "lag",
    ),
}  # fmt: skip


class MethodError(ValueError):
    """A method file cannot be used; the message says where, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """A choice as the file states it. ``own`` is (subject, parameter): the park's own row takes the option ``own``.

    ``leaves_out`` names the categories whose lines without amount the choice explains.
    """

    id: str
    chosen: str
    options: tuple[Option, ...]
    unverified: bool = False
    document: str = ""
    reason: str = ""
    decided: str = ""
    own: tuple[str, str] | None = None
    title_zh: str = ""
    title_en: str = ""
    reason_zh: str = ""
    leaves_out: tuple[str, ...] = ()

    def option(self, name: str) -> Option:
        """Return the option of this name."""
        return next(option for option in self.options if option.name == name)


@dataclass(frozen=True, slots=True)
class Method:
    """A method file that was read and checked; ``plan`` turns it into what the engine works by."""

    id: str
    edition: date
    document: str
    name_zh: str
    name_en: str
    choices: tuple[OpenChoice, ...]
    text: str = field(repr=False)


def names() -> tuple[str, ...]:
    """Return the ids of the methods inside the package."""
    folder = files(__package__).joinpath("methods")
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def shipped(name: str) -> str:
    """Return the text of a method that lies inside the package.

    Raises
    ------
    MethodError : there is none of this name; the message lists those there are.
    """
    known = names()
    if name not in known:
        raise MethodError(f"Expected one of the methods {', '.join(known)} or a method file; came {name!r}.")
    return files(__package__).joinpath("methods").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def load(name: str = "", *, text: str = "") -> Method:
    """Read a method by its id, or from the text of a method file.

    Raises
    ------
    MethodError : no such method, or the file does not keep to ``docs/methods/how-to-add.md``.
    """
    written = text or shipped(name)
    raw = _read(written)
    _known_keys(raw, "method", "the file")
    for key in ("id", "edition", "document"):
        if key not in raw:
            raise MethodError(f"Expected the key {key!r} at the top of the method file; it is not there.")
    edition = raw["edition"]
    if not isinstance(edition, date):
        raise MethodError(f"Expected a date such as 2025-06-30 as edition; came {edition!r}.")
    names = raw.get("name", {})
    choices = tuple(_choice(row) for row in _tables(raw, "choice"))
    method = Method(raw["id"], edition, raw["document"], names.get("zh", ""), names.get("en", ""), choices, written)
    plan(method, {})
    return method


@lru_cache(maxsize=32)
def _read(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        raise MethodError(f"Expected a TOML text as method file; {fault}.") from fault


def plan(method: Method, chosen: Mapping[str, str]) -> Plan:
    """Return what the engine works by, for a set of chosen options (by name; others as the file says).

    Raises
    ------
    MethodError : a choice or option is not known, or a part of the file is wrong.
    """
    return _built(method.text, tuple((choice.id, picked(method, choice.id, chosen)) for choice in method.choices))


@lru_cache(maxsize=512)
def _built(text: str, names: tuple[tuple[str, str], ...]) -> Plan:
    """Build a plan; the same text and options give the same plan, and accounts ask for dozens of them."""
    read = _read(text)
    options = {choice.id: choice for choice in map(_choice, _tables(read, "choice"))}
    raw: Mapping[str, Any] = _filled(read, {name: options[name].option(option).value for name, option in names}, "")
    recipes = {name: _recipe(name, table, raw) for name, table in raw.get("recipe", {}).items()}
    entries = tuple(_entry(row, recipes) for row in _tables(raw, "entry"))
    band = raw.get("band", {})
    disregard, required = raw.get("disregard", {}), raw.get("use_required", {})
    return Plan(
        method=raw["id"],
        edition=raw["edition"],
        region=raw.get("region", ""),
        gwp_set=raw.get("gwp_set", ""),
        view=raw.get("view", ""),
        categories=tuple(raw.get("categories", dict.fromkeys(entry.category for entry in entries))),
        entries=entries,
        energy=tuple(_energy(row, recipes) for row in _tables(raw, "energy")),
        trades=tuple(_trade(row, recipes) for row in _tables(raw, "trade")),
        disregarded=Select(kinds=_words(disregard, "kinds"), commodities=_words(disregard, "commodities")),
        use_required=_words(required, "kinds"),
        known_idle=_words(required, "idle"),
        band=Band(_decimal(_needed(band, "least_tce", "band"), "band") or Decimal(0)) if band else None,
        document=raw["document"],
        gwp=tuple((code, _decimal(value, f"gwp {code}") or Decimal(0)) for code, value in raw.get("gwp", {}).items()),
    )


def picked(method: Method, choice_id: str, chosen: Mapping[str, str]) -> str:
    """Return the name of the option that counts for a choice; ``chosen`` goes before the file."""
    by_id = {choice.id: choice for choice in method.choices}
    for key in chosen:
        if key not in by_id:
            raise MethodError(
                f"Expected one of the choices {', '.join(by_id) or '(none)'} of {method.id}; came {key!r}."
            )
    choice = by_id[choice_id]
    name = chosen.get(choice_id, choice.chosen)
    names = [option.name for option in choice.options]
    if name not in names:
        raise MethodError(f"Expected one of {'; '.join(names)} for the choice {choice_id}; came {name!r}.")
    return name


def _choice(row: Mapping[str, Any]) -> OpenChoice:
    where = f"choice {row.get('id', '?')}"
    _known_keys(row, "choice", where)
    name, chosen = _needed(row, "id", where), _needed(row, "chosen", where)
    options = []
    for option in _tables(row, "option"):
        _known_keys(option, "option", where)
        word = _needed(option, "name", where)
        options.append(Option(word, option.get("value", word), option.get("note", ""), option.get("zh", "")))
    names = [option.name for option in options]
    if chosen not in names:
        raise MethodError(f"{where}: expected one of its options {names} as chosen; came {chosen!r}.")
    own = row.get("own")
    return OpenChoice(
        name,
        chosen,
        tuple(options),
        unverified=bool(row.get("unverified", False)),
        document=row.get("document", ""),
        reason=row.get("reason", ""),
        decided=str(row.get("date", "")),
        own=(_needed(own, "subject", where), _needed(own, "parameter", where)) if own else None,
        title_zh=row.get("title_zh", ""),
        title_en=row.get("title_en", ""),
        reason_zh=row.get("reason_zh", ""),
        leaves_out=tuple(row.get("leaves_out", ())),
    )


def _filled(value: Any, values: Mapping[str, Any], key: str) -> Any:
    """Put the chosen options in place of ``@choice``; selectors may hold none, so that lines stay matched."""
    if isinstance(value, Mapping):
        return {name: part if name == "choice" else _filled(part, values, name) for name, part in value.items()}
    if isinstance(value, str) and value.startswith("@"):
        return _chosen(value, values, key)
    if isinstance(value, list):
        return [_filled(part, values, key) for part in value]
    return value


def _chosen(word: str, values: Mapping[str, Any], key: str) -> Any:
    """Return what ``@choice`` or, for an option whose value is a list, ``@choice.0`` stands for."""
    name, _, index = word[1:].partition(".")
    if name not in values:
        raise MethodError(f"Expected the id of a choice after '@'; came {word!r} (choices: {', '.join(values)}).")
    if key in _SELECT:
        raise MethodError(f"{key} = {word!r}: a choice may change recipes, sources and values, not what is selected.")
    value = values[name]
    if not index:
        return value
    if not isinstance(value, list) or not index.isdigit() or int(index) >= len(value):
        raise MethodError(
            f"{word!r}: expected a place in the list that the chosen option has as value; came {value!r}."
        )
    return value[int(index)]


def _recipe(name: str, table: Mapping[str, Any], raw: Mapping[str, Any]) -> Recipe:
    ways = table.get("way")
    if not ways or set(table) - {"way", "note"}:
        raise MethodError(
            f"recipe {name}: expected a list [[recipe.{name}.way]] and no other key; came {sorted(table)}."
        )
    built = tuple(_way(name, row, raw) for row in ways)
    return Recipe(name, built, f"{name}={built!r}")


def _way(recipe: str, row: Mapping[str, Any], raw: Mapping[str, Any]) -> Way:
    rule = RULES.get(row.get("rule", ""))
    if rule is None:
        raise MethodError(f"recipe {recipe}: expected a rule of {', '.join(RULES)}; came {row.get('rule')!r}.")
    needs = {key: value for key, value in row.items() if key not in {"rule", "note", "stands_for"}}
    wanted = [argument for argument in rule.arguments if argument != "amount"]
    if set(needs) != set(wanted):
        raise MethodError(
            f"recipe {recipe}, rule {rule.name}: expected the arguments {wanted}; came {sorted(needs)}. "
            "Describe each of them with a table {parameter, from}."
        )
    parts = tuple(_need(f"{recipe}.{rule.name}", name, needs[name], raw=raw) for name in wanted)
    return Way(rule.name, parts, row.get("note", ""), row.get("stands_for", ""))


def _need(place: str, argument: str, row: Mapping[str, Any], *, raw: Mapping[str, Any]) -> Need:
    where = f"{place}, argument {argument}"
    if not isinstance(row, Mapping):
        raise MethodError(f"{where}: expected a table {{parameter = ..., from = [...]}}; came {row!r}.")
    _known_keys(row, "argument", where)
    sources = _listed(row.get("from", ["method"] if "value" in row else []))
    mode = row.get("mode", "default")
    if mode not in MODES:
        raise MethodError(f"{where}: expected mode {', '.join(MODES)}; came {mode!r}.")
    own = [source for source in sources if source in OWN_SOURCES]
    if (mode == "fixed" and own) or (mode == "must_measure" and len(own) != len(sources)):
        raise MethodError(f"{where}: mode {mode} does not go with the sources {list(sources)}.")
    if not sources or ("method" in sources and "value" not in row):
        raise MethodError(f"{where}: expected 'from' (property, own, supplier, state, a set or row:<id>) or a value.")
    return Need(
        argument=argument,
        parameter=row.get("parameter", argument),
        sources=sources,
        unit=row.get("unit", ""),
        value=_decimal(row.get("value"), where),
        mode=mode,
        region=row.get("region", raw.get("region", "")),
        qualifier=row.get("qualifier", ""),
        subject=row.get("subject", ""),
        document=row.get("document", raw["document"]),
        status=row.get("status", "found2"),
        ignores=_words(row, "ignores"),
        lag=bool(row.get("lag", False)),
    )


def _entry(row: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> Entry:
    where = f"entry {row.get('category', '?')}/{row.get('activity', '?')}"
    _known_keys(row, "entry", where)
    select = _select(row, where)
    return Entry(
        select=select,
        category=_needed(row, "category", where),
        recipe=_of(recipes, _needed(row, "recipe", where), where),
        scope=row.get("scope", ""),
        activity=row.get("activity", ""),
        covered=_of(recipes, row["covered"], where) if "covered" in row else None,
        sign=_sign(row, select.side),
        substance=row.get("substance", "CO2"),
        view=row.get("view", ""),
        notation=row.get("notation", ""),
        optional=bool(row.get("optional", False)),
        stock=bool(row.get("stock", False)),
        beside=row.get("beside", ""),
    )


def _energy(row: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> EnergyEntry:
    where = f"energy {row.get('term', '?')}"
    _known_keys(row, "energy", where)
    select = _select(row, where)
    calorific = _of(recipes, _needed(row, "calorific", where), where)
    counted = row.get("counted", True)
    if not isinstance(counted, bool):
        raise MethodError(f"{where}: expected counted = true or false; came {counted!r}.")
    return EnergyEntry(
        select=select,
        term=_needed(row, "term", where),
        calorific=calorific,
        equivalent=_of(recipes, row["equivalent"], where) if "equivalent" in row else calorific,
        sign=_sign(row, select.side),
        counted=counted,
        stock=bool(row.get("stock", False)),
    )


def _trade(row: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> Trade:
    where = f"trade {row.get('category', '?')}"
    _known_keys(row, "trade", where)
    origins = row.get("origin", {})
    return Trade(
        category=_needed(row, "category", where),
        kinds=_words(row, "kinds"),
        supplier=_of(recipes, _needed(row, "supplier", where), where),
        default=_of(recipes, _needed(row, "default", where), where),
        origins=tuple((name, _of(recipes, recipe, where)) for name, recipe in origins.items()),
    )


def _select(row: Mapping[str, Any], where: str) -> Select:
    side = _needed(row, "side", where)
    if side not in SIDES:
        raise MethodError(f"{where}: expected side {', '.join(SIDES)}; came {side!r}.")
    fossil = row.get("fossil")
    if not _words(row, "kinds") and not _words(row, "commodities"):
        raise MethodError(f"{where}: expected kinds or commodities, so that it is clear which streams are meant.")
    return Select(
        side=side,
        kinds=_words(row, "kinds"),
        commodities=_words(row, "commodities"),
        fossil=fossil,
        made_as=_words(row, "made_as"),
        used_as=_words(row, "used_as"),
        origins=_words(row, "origins"),
        sectors=_words(row, "sectors"),
        node_kinds=_words(row, "node_kinds"),
    )


def _sign(row: Mapping[str, Any], side: str) -> int:
    sign = row.get("sign", -1 if side == "sent" else 1)
    if sign not in (1, -1):
        raise MethodError(f"sign: expected 1 or -1; came {sign!r}.")
    return int(sign)


def _of(recipes: Mapping[str, Recipe], name: str, where: str) -> Recipe:
    if name not in recipes:
        near = get_close_matches(name, recipes, n=3)
        raise MethodError(f"{where}: expected a recipe of this file{_near(near)}; came {name!r}.")
    return recipes[name]


def _needed(row: Mapping[str, Any], key: str, where: str) -> str:
    if key not in row:
        raise MethodError(f"{where}: expected the key {key!r}; it is not there.")
    return str(row[key])


def _known_keys(row: Mapping[str, Any], table: str, where: str) -> None:
    for key in row:
        if key not in _KEYS[table]:
            near = get_close_matches(key, _KEYS[table], n=2)
            raise MethodError(f"{where}: the key {key!r} is not known{_near(near)}.")


def _near(words: Sequence[str]) -> str:
    return f" (near: {', '.join(words)})" if words else ""


def _words(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return _listed(row.get(key, ()))


def _tables(raw: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    rows = raw.get(key, ())
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise MethodError(f"expected a list of tables [[{key}]]; came {type(rows).__name__}.")
    return rows


def _listed(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return a text or a list of texts (also nested by a choice that stands for a list) as one flat tuple."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        raise MethodError(f"expected a text or a list of texts; came {value!r}.")
    return tuple(word for part in value for word in _listed(part))


def _decimal(value: Any, where: str) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise MethodError(f"{where}: expected a number as value; came {value!r}.") from None
