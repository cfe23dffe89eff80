"""The words of an expression: cutting a text into numbers, known names and symbols; see `expression`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FUNCTIONS = ("min", "max")
_ID_LENGTH = 64
_RUN = re.compile(r"[A-Za-z0-9._-]+")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated. ``position`` counts characters from 1.

    Codes: ``too_long``, ``too_deep``, ``syntax``, ``unknown_name``, ``ambiguous_name``, ``no_value``,
    ``division_by_zero``, ``not_a_number``.
    """

    def __init__(self, code: str, message: str, text: str, position: int) -> None:
        self.code, self.text, self.position = code, text, position
        super().__init__(f"{message}, at character {position} of {excerpt(text, position)}")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression: ``kind`` is number, name, function, symbol or end; ``at`` counts from 0."""

    kind: str
    text: str
    at: int


def excerpt(text: str, position: int) -> str:
    """Quote the text, or the part around the place where it is long."""
    if len(text) <= 120:
        return repr(text)
    begin = max(0, position - 60)
    return repr(("..." if begin else "") + text[begin : begin + 120] + "...")


def tokens(text: str, names: frozenset[str]) -> Iterator[Token]:
    """Cut a text into words."""
    at = 0
    while at < len(text):
        run = _RUN.match(text, at)
        if text[at].isspace():
            at += 1
        elif run:
            words = _split_run(text, run[0], at, names)
            yield from words
            at = words[-1].at + len(words[-1].text)
        elif text[at] == "[":
            yield _bracketed(text, at, names)
            at = text.index("]", at) + 1
        elif text[at] in "+*/(),":
            yield Token("symbol", text[at], at)
            at += 1
        else:
            raise ExpressionError(
                "syntax", f"expected a number, a name or + - * / ( ); came {text[at]!r}", text, at + 1
            )
    yield Token("end", "", len(text))


def _bracketed(text: str, at: int, names: frozenset[str]) -> Token:
    """Read ``[name]``."""
    end = text.find("]", at)
    name = text[at + 1 : end] if end > 0 else text[at + 1 :]
    if end < 0:
        raise ExpressionError("syntax", "expected ']' behind a name; came the end", text, at + 1)
    if name not in names:
        raise ExpressionError("unknown_name", f"expected a known name; came {name!r}", text, at + 2)
    return Token("name", name, at)


def _split_run(text: str, run: str, at: int, names: frozenset[str]) -> list[Token]:
    """Split a run of id characters into names, numbers and minus signs, in the one possible way."""
    number = _NUMBER.match(text, at)
    if number and number.end() >= at + len(run):
        if run in names:
            message = f"{run!r} is a number and a name: write [{run}] for the name or {run}.0 for the number"
            raise ExpressionError("ambiguous_name", message, text, at + 1)
        return [Token("number", number[0], at)]
    if run in names and not _opens_call(text, run, at):
        return [Token("name", run, at)]
    readings = _readings(text, run, at, names)
    if not readings:
        raise _unknown_name(text, run, at, names)
    if len(readings) > 1:
        both = " and as ".join(repr(" ".join(word.text for word in words)) for words in readings)
        message = f"{run!r} can be read as {both}: put blanks around minus signs or brackets around names"
        raise ExpressionError("ambiguous_name", message, text, at + 1)
    return readings[0]


def _readings(text: str, run: str, at: int, names: frozenset[str]) -> list[list[Token]]:
    """Up to two ways to read a run, found from its end: from each place, what can follow up to the run's end."""
    size = len(run)
    # behind[i]: readings of run[i:] that begin with a minus (or are empty); ahead[i]: those that begin with a value.
    behind: list[list[tuple[Token, ...]]] = [[] for _ in range(size + 1)]
    ahead: list[list[tuple[Token, ...]]] = [[] for _ in range(size + 1)]
    behind[size], ahead[size] = [()], [()]
    for start in range(size - 1, -1, -1):
        if run[start] == "-":
            minus = Token("symbol", "-", at + start)
            behind[start] = [(minus, *rest) for rest in ahead[start + 1]][:2]
            ahead[start] = list(behind[start])
        for end in _ends(run, start):
            word = _word(text, run[start:end], at + start, names)
            if word is not None:
                ahead[start] += [(word, *rest) for rest in behind[end]]
        ahead[start] = ahead[start][:2]
    return [list(words) for words in ahead[0]]


def _ends(run: str, start: int) -> Iterator[int]:
    """Places where a name or number that begins at ``start`` may end: before a minus, or at the run's end."""
    end = start
    while (end := run.find("-", end + 1)) != -1 and end - start <= _ID_LENGTH:
        yield end
    if len(run) - start <= _ID_LENGTH:
        yield len(run)


def _word(text: str, word: str, at: int, names: frozenset[str]) -> Token | None:
    """Read a piece of a run as a value, or None."""
    if _opens_call(text, word, at):
        return Token("function", word, at)
    if word in names:
        return Token("name", word, at)
    return Token("number", word, at) if _NUMBER.fullmatch(word) else None


def _opens_call(text: str, word: str, at: int) -> bool:
    """Tell whether ``word`` is a function with its bracket behind it."""
    return word in FUNCTIONS and text[at + len(word) :].lstrip().startswith("(")


def _unknown_name(text: str, run: str, at: int, names: frozenset[str]) -> ExpressionError:
    """Point at the first part of a run that no name or number begins with."""
    place = 0
    for part in run.split("-"):
        if part and not (any(name.startswith(part) for name in names) or _NUMBER.fullmatch(part)):
            break
        place += len(part) + 1
    place = place if place < len(run) else 0
    message = f"expected known names and numbers; came {run!r}, which does not split into them"
    return ExpressionError("unknown_name", message, text, at + place + 1)
