"""Finding rows by words, for people: everything that mentions all the words, nothing chosen."""

from __future__ import annotations

from collections.abc import Iterable

from lingtan.reference.model import Commodity, FactorRow, Library


def search(library: Library, words: str | Iterable[str]) -> tuple[FactorRow, ...]:
    """Return the factor rows that mention all words, in the order of the tables.

    A word is looked for, without regard to case, in identifier, codes, Chinese and English names and aliases of the
    commodity, names of the parameter, the region and the set, the document and the year.
    """
    asked = [word.casefold() for word in (words.split() if isinstance(words, str) else words)]
    if not asked:
        return ()
    texts: dict[tuple[str, str], str] = {}
    return tuple(row for row in library.factors if _mentions(library, row, asked, texts))


def find_commodities(library: Library, words: str | Iterable[str]) -> tuple[Commodity, ...]:
    """Return the commodities whose code, names, aliases or note mention all words."""
    asked = [word.casefold() for word in (words.split() if isinstance(words, str) else words)]
    rows = library.commodities.values()
    return tuple(row for row in rows if asked and all(word in _spoken(row) for word in asked))


def _mentions(library: Library, row: FactorRow, asked: list[str], texts: dict[tuple[str, str], str]) -> bool:
    key = (row.subject, row.parameter)
    if key not in texts:
        texts[key] = _named(library, row)
    own = " ".join((row.id, row.document, row.qualifier, row.status, row.region, *_place(library, row))).casefold()
    return all(word in own or word in texts[key] for word in asked)


def _named(library: Library, row: FactorRow) -> str:
    commodity = library.commodities.get(row.subject)
    parameter = library.parameters.get(row.parameter)
    words = [_spoken(commodity)] if commodity else []
    if parameter:
        words += [parameter.name_zh, parameter.name_en]
    return " ".join(words).casefold()


def _place(library: Library, row: FactorRow) -> tuple[str, ...]:
    region = library.regions.get(row.region)
    of_set = library.sets.get(row.set_id)
    place = (region.name_zh, region.name_en) if region else ()
    return (*place, of_set.name_zh, of_set.name_en, of_set.publisher) if of_set else place


def _spoken(commodity: Commodity) -> str:
    return " ".join(
        (commodity.code, commodity.name_zh, commodity.name_en, *commodity.aliases, commodity.note)
    ).casefold()
