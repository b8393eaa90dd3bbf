"""How a test says that a call is refused, by class and by wording."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from purenn.errors import PurennError


@contextmanager
def refused(error: type[PurennError], message: str) -> Iterator[None]:
    """Check that the block raises an error of that very class whose message ends so."""
    with pytest.raises(error, match=re.escape(message) + r"\Z") as caught:
        yield
    assert type(caught.value) is error
