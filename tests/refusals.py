"""How a test says that a call is refused, by class and by wording; and tables of such calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import purenn as nn
from purenn.errors import PurennError

# The names of purenn, which its `vars` has only once they were asked for.
PURENN: dict[str, object] = {name: getattr(nn, name) for name in dir(nn)}
evaluate: Callable[[str, dict[str, object]], object] = eval


@contextmanager
def refused(error: type[PurennError], message: str) -> Iterator[None]:
    """Check that the block raises an error of that very class whose message ends so."""
    with pytest.raises(error, match=re.escape(message) + r"\Z") as caught:
        yield
    assert type(caught.value) is error


def items(file: str, separator: str = "\n") -> list[str]:
    """What is in a table beside this file, comments left out."""
    found = Path(__file__).with_name(file).read_text().splitlines()
    return [item for line in found if not line.startswith("#") for item in line.split(separator)]


def refusals(file: str) -> pytest.MarkDecorator:
    """A test for each line `call -> error` of a table."""
    return pytest.mark.parametrize("line", items(file), ids=lambda line: line.split(" -> ")[0])


def check_refusal(line: str, names: dict[str, object]) -> None:
    """Check a line `call -> error` of a table, whose calls may refer to these names."""
    call, expected = line.split(" -> ")
    with pytest.raises(PurennError) as caught:
        evaluate(call, names)
    message = re.sub(" at 0x[0-9a-f]+", "", str(caught.value)).replace("\n", "\\n")
    message = message.replace("got Union.", "got UnionType.")  # as Python 3.14 names it
    assert f"{type(caught.value).__name__}: {message}" == expected
