"""JSON as a type: what can be written to a file and read back as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from purenn.errors import FormatError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def parse(text: str | bytes, where: str) -> Json:
    """The value that a JSON text stands for.

    Args:
        text: the whole text.
        where: what errors call it, such as its path.

    Raises:
        FormatError: it is no JSON, is nested too deep, or repeats a name.
    """
    try:
        found: object = json.loads(text, object_pairs_hook=_unique)
        return checked(found, where)
    except FormatError as error:
        raise FormatError(f"{where} {error}") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where} holds no JSON: {error}.") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name in found if sum(name == other for other, _ in pairs) > 1)
        raise FormatError(f"says {twice!r} twice.")
    return found


def checked(value: object, where: str) -> Json:
    """The value itself, known to be JSON.

    Raises:
        FormatError: some part of it is not; the message names it.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [checked(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            _name(name, where): checked(item, f"{where}.{name}") for name, item in value.items()
        }
    raise FormatError(f"{where} is a {type(value).__name__}, which JSON has no form for.")


def _name(name: object, where: str) -> str:
    if isinstance(name, str):
        return name
    raise FormatError(f"{where} has the name {name!r}: names in JSON are strings.")


def line(value: Json) -> bytes:
    """The value on one line, in UTF-8; equal values give equal bytes.

    Raises:
        FormatError: it holds NaN or infinity, which JSON has no form for.
    """
    return _dumped(value, None) + b"\n"


def document(value: Json) -> bytes:
    """The value on as many lines as read well, in UTF-8; equal values give equal bytes.

    Raises:
        FormatError: it holds NaN or infinity, which JSON has no form for.
    """
    return _dumped(value, 2) + b"\n"


def _dumped(value: Json, indent: int | None) -> bytes:
    try:
        return json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise FormatError(f"JSON has no form for this value: {error}.") from None
