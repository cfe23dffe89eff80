"""The one small expression grammar: virtual meters, indicators, adoption. Nothing is ever executed as code.

::

    sum     = product { ("+" | "-") product }
    product = signed { ("*" | "/") signed }
    signed  = [ "-" ] value
    value   = number | name | "[" name "]" | "(" sum ")" | ("min" | "max") "(" sum { "," sum } ")"

Names are ids and may hold ``.``, ``_``, ``-`` and digits, so a minus may belong to an id. A run of such characters
without blanks that is a known name is that name; otherwise it must split into known names and numbers in exactly one
way, or it is refused. Blanks separate, ``[P-1]`` is always the name P-1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction

from lingtan.ledger import units
from lingtan.ledger.units import UnitError
from lingtan.ledger.words import ExpressionError, Token, excerpt, tokens

__all__ = ["DEEPEST", "LONGEST", "Expression", "ExpressionError", "Term", "parse"]

LONGEST, DEEPEST = 2000, 50
"""Limits of an expression: characters, and levels of nesting."""
_CONTEXT = Context(prec=28)
_FUNCTIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {"min": min, "max": max}


@dataclass(frozen=True, slots=True)
class Term:
    """A node of the tree. ``kind``: number, name, negative, sum, product, min or max.

    ``signs`` of a sum are ``+ -``, of a product ``* /``, one per argument.
    """

    kind: str
    at: int
    args: tuple[Term, ...] = ()
    signs: str = ""
    number: Decimal = Decimal(0)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: ``text`` as written, ``names`` in order of first use."""

    text: str
    tree: Term
    names: tuple[str, ...]
    linear: Mapping[str, Decimal] | None = field(default=None, compare=False)
    """Coefficient of each name where the expression is a sum of names times numbers and nothing else; else None."""

    def evaluate(self, values: Mapping[str, Decimal | float | None]) -> Decimal | None:
        """Evaluate to 28 digits; None where a named value is None, as missing is never nought.

        Raises
        ------
        ExpressionError
            ``no_value`` for a name absent from ``values``, ``not_a_number`` for NaN and infinity,
            ``division_by_zero``.
        """
        known = {name: _as_decimal(self.text, name, values) for name in self.names}
        if any(value is None for value in known.values()):
            return None
        return _value(self.tree, {name: value for name, value in known.items() if value is not None}, self.text)

    def unit(self, of: Mapping[str, str]) -> str:
        """Return the unit of the result, given the unit of each name; numbers have none.

        What is added or compared must have the same unit, to the size: kWh and MWh are to be converted before.

        Raises
        ------
        UnitError
            where units do not fit, with the place; for unknown units as `units.read`.
        ExpressionError
            ``no_value`` for a name without a unit.
        """
        return _unit(self.tree, of, self.text).written


def parse(text: str, names: Collection[str]) -> Expression:
    """Read an expression over known names.

    Raises
    ------
    ExpressionError
        for syntax, unknown and ambiguous names, more than 2000 characters or 50 levels; the message points at the
        character.
    """
    if len(text) > LONGEST:
        raise ExpressionError("too_long", f"expected at most {LONGEST} characters; came {len(text)}", text, LONGEST + 1)
    reader = _Reader(text, tuple(tokens(text, frozenset(names))))
    tree = reader.sum(0)
    if reader.head.kind != "end":
        raise _syntax("expected an operator or the end", reader.head, text)
    used = tuple(dict.fromkeys(_names(tree)))
    return Expression(text, tree, used, _linear(tree))


class _Reader:
    """Recursive descent over the words; ``depth`` counts brackets, calls and signs."""

    def __init__(self, text: str, words: tuple[Token, ...]) -> None:
        self.text, self.words, self.place = text, words, 0

    @property
    def head(self) -> Token:
        """The word to be read next."""
        return self.words[self.place]

    def sum(self, depth: int) -> Term:
        """Read a sum."""
        return self._chain("sum", "+-", self.product, depth)

    def product(self, depth: int) -> Term:
        """Read a product."""
        return self._chain("product", "*/", self.signed, depth)

    def signed(self, depth: int) -> Term:
        """Read a value with its signs."""
        word = self.head
        if depth > DEEPEST:
            raise ExpressionError("too_deep", f"expected at most {DEEPEST} levels", self.text, word.at + 1)
        if word.text == "-":
            self.place += 1
            return Term("negative", word.at, (self.signed(depth + 1),))
        return self.value(depth)

    def value(self, depth: int) -> Term:
        """Read a number, a name, a bracket or a call."""
        word = self.head
        self.place += 1
        if word.kind == "number":
            return Term("number", word.at, number=Decimal(word.text))
        if word.kind == "name":
            return Term("name", word.at, name=word.text)
        if word.kind == "function":
            return self._call(word, depth + 1)
        if word.text == "(":
            inner = self.sum(depth + 1)
            self._take(")")
            return inner
        raise _syntax("expected a number, a name or a bracket", word, self.text)

    def _call(self, word: Token, depth: int) -> Term:
        """Read the arguments of a function."""
        self._take("(")
        args = [self.sum(depth)]
        while self.head.text == ",":
            self.place += 1
            args.append(self.sum(depth))
        self._take(")")
        return Term(word.text, word.at, tuple(args))

    def _chain(self, kind: str, signs: str, part: Callable[[int], Term], depth: int) -> Term:
        """Read parts joined by signs of one rank, as one flat node."""
        start, parts, taken = self.head.at, [part(depth)], [signs[0]]
        while self.head.kind == "symbol" and self.head.text in signs:
            taken.append(self.head.text)
            self.place += 1
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else Term(kind, start, tuple(parts), "".join(taken))

    def _take(self, symbol: str) -> None:
        """Read one symbol that must stand here."""
        if self.head.text != symbol:
            raise _syntax(f"expected {symbol!r}", self.head, self.text)
        self.place += 1


def _syntax(expected: str, word: Token, text: str) -> ExpressionError:
    """Say what was expected at a word."""
    return ExpressionError("syntax", f"{expected}; came {word.text!r}" if word.text else f"{expected}; came the end",
                           text, word.at + 1)  # fmt: skip


def _names(tree: Term) -> Iterator[str]:
    """Names of a tree from left to right."""
    if tree.kind == "name":
        yield tree.name
    for part in tree.args:
        yield from _names(part)


def _as_decimal(text: str, name: str, values: Mapping[str, Decimal | float | None]) -> Decimal | None:
    """Value of a name as a decimal."""
    if name not in values:
        raise ExpressionError("no_value", f"expected a value for {name!r}; came none", text, text.find(name) + 1)
    value = values[name]
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ExpressionError(
            "not_a_number", f"expected a number for {name!r}; came {value}", text, text.find(name) + 1
        )
    return number


def _value(tree: Term, values: Mapping[str, Decimal], text: str) -> Decimal:
    """Evaluate a tree."""
    if tree.kind == "number":
        return tree.number
    if tree.kind == "name":
        return values[tree.name]
    parts = [_value(part, values, text) for part in tree.args]
    if tree.kind == "negative":
        return _CONTEXT.minus(parts[0])
    result = parts[0]
    for sign, part, term in zip(tree.signs[1:] or " " * len(parts), parts[1:], tree.args[1:], strict=False):
        if sign == "/" and not part:
            raise ExpressionError("division_by_zero", "expected a divisor other than 0; came 0", text, term.at + 1)
        result = _OPERATIONS[sign](result, part) if sign != " " else _FUNCTIONS[tree.kind](result, part)
    return result


_OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _CONTEXT.add,
    "-": _CONTEXT.subtract,
    "*": _CONTEXT.multiply,
    "/": _CONTEXT.divide,
}


def _linear(tree: Term) -> dict[str, Decimal] | None:
    """Coefficients of a linear tree without a constant."""
    affine = _affine(tree)
    if affine is None or affine.pop("", Fraction(0)) or not affine:
        return None
    return {
        name: _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator)) for name, value in affine.items()
    }


def _affine(tree: Term) -> dict[str, Fraction] | None:
    """Exact coefficients by name, the constant under the blank name; None where the tree is not affine."""
    if tree.kind == "number":
        return {"": Fraction(tree.number)}
    if tree.kind == "name":
        return {tree.name: Fraction(1)}
    parts = [_affine(part) for part in tree.args]
    known = [part for part in parts if part is not None]
    if tree.kind in _FUNCTIONS or len(known) < len(parts):
        return None
    if tree.kind == "negative":
        return _scaled(known[0], Fraction(-1))
    return _affine_sum(known, tree.signs) if tree.kind == "sum" else _affine_product(known, tree.signs)


def _affine_sum(parts: list[dict[str, Fraction]], signs: str) -> dict[str, Fraction]:
    """Add coefficients."""
    total: dict[str, Fraction] = {}
    for sign, part in zip(signs, parts, strict=True):
        for name, value in part.items():
            total[name] = total.get(name, Fraction(0)) + (value if sign == "+" else -value)
    return total


def _affine_product(parts: list[dict[str, Fraction]], signs: str) -> dict[str, Fraction] | None:
    """Multiply coefficients by numbers; two names in one product, or a name below the line, are not affine."""
    total: dict[str, Fraction] = {"": Fraction(1)}
    for sign, part in zip(signs, parts, strict=True):
        number = part.get("", Fraction(0)) if set(part) <= {""} else None
        if number is None and (sign == "/" or set(total) - {""}):
            return None
        if number == 0 and sign == "/":
            return None
        if number is None:
            total = _scaled(part, total.get("", Fraction(0)))
        else:
            total = _scaled(total, 1 / number if sign == "/" else number)
    return total


def _scaled(part: dict[str, Fraction], factor: Fraction) -> dict[str, Fraction]:
    """Multiply all coefficients."""
    return {name: value * factor for name, value in part.items()}


@dataclass(frozen=True, slots=True)
class _Measure:
    """Unit of a node: written parts above and below the line."""

    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The unit as text; ``1`` for a plain number."""
        above, below = " ".join(self.above) or "1", " ".join(self.below)
        if not below:
            return above
        return f"{above}/({below})" if len(self.below) > 1 else f"{above}/{below}"


def _unit(tree: Term, of: Mapping[str, str], text: str) -> _Measure:
    """Derive the unit of a tree."""
    if tree.kind == "number":
        return _Measure()
    if tree.kind == "name":
        return _named_unit(tree, of, text)
    parts = [_unit(part, of, text) for part in tree.args]
    if tree.kind == "product":
        return _product_unit(parts, tree.signs)
    for part, term in zip(parts[1:], tree.args[1:], strict=True):
        if not _same(parts[0], part):
            todo = f"at character {term.at + 1} of {excerpt(text, term.at + 1)}: convert to one unit before"
            raise UnitError("unit_mismatch", parts[0].written, part.written, todo=todo)
    return parts[0]


def _named_unit(tree: Term, of: Mapping[str, str], text: str) -> _Measure:
    """Look up the unit of a name, in parts."""
    if tree.name not in of:
        raise ExpressionError("no_value", f"expected a unit for {tree.name!r}; came none", text, tree.at + 1)
    unit = units.read(of[tree.name])
    if not unit.dims and unit.size == 1 and unit.below is None:
        return _Measure()
    above, slash, below = unit.written.partition("/")
    return _Measure((above.strip(),), (below.strip(),) if slash else ())


def _product_unit(parts: list[_Measure], signs: str) -> _Measure:
    """Multiply and cancel units."""
    above: list[str] = []
    below: list[str] = []
    for sign, part in zip(signs, parts, strict=True):
        above += part.above if sign == "*" else part.below
        below += part.below if sign == "*" else part.above
    for unit in list(above):
        if unit in below:
            above.remove(unit)
            below.remove(unit)
    return _Measure(tuple(above), tuple(below))


def _same(one: _Measure, other: _Measure) -> bool:
    """Tell whether two measures are one unit, however written."""
    return one == other or _content(one) == _content(other)


def _content(measure: _Measure) -> tuple[Fraction, dict[str, int], tuple[str, ...]]:
    """Size, dimension and labels of a measure."""
    size, dims, labels = Fraction(1), dict[str, int](), list[str]()
    for written, power in [*((unit, 1) for unit in measure.above), *((unit, -1) for unit in measure.below)]:
        unit = units.read(written)
        size *= unit.size**power
        for base, count in unit.dims:
            dims[base] = dims.get(base, 0) + count * power
        labels += [f"{power}{unit.above.label}"] if unit.above.label else []
    return size, {base: count for base, count in dims.items() if count}, tuple(sorted(labels))
