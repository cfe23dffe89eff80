"""Messages of the kernel are compared in English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English where no request says otherwise."""
    with override("en"):
        yield
