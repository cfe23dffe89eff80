"""What can go wrong in the room: a fact that is missing, or one that is there twice."""

from __future__ import annotations

from collections.abc import Mapping


class ReferenceFault(Exception):  # noqa: N818 - a fault of the books, not of the program
    """Any fault of a look-up or of a table.

    ``params`` hold what stands behind the message, so that a page can say it in another language.
    """

    def __init__(self, message: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.params: Mapping[str, object] = dict(params or {})


class MissingFact(ReferenceFault):
    """No row answers the question; the message and ``near`` tell what is there instead."""

    def __init__(self, message: str, near: tuple[str, ...], params: Mapping[str, object]) -> None:
        super().__init__(message, params)
        self.near = near


class AmbiguousFact(ReferenceFault):
    """Several rows answer the question equally well; ``ids`` names them."""

    def __init__(self, message: str, ids: tuple[str, ...], params: Mapping[str, object]) -> None:
        super().__init__(message, params)
        self.ids = ids
