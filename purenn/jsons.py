"""JSON, read strictly, and written to the same bytes for the same value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from math import isfinite
from typing import NoReturn, TypeAlias

import numpy as np

from purenn import files
from purenn.checks import as_float, described
from purenn.errors import FormatError, OptionError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def read(path: files.AnyPath) -> Json:
    """The value in a file."""
    return parse(files.read(path), str(path))


def write(path: files.AnyPath, value: Json) -> None:
    """Write a value to a file, indented."""
    files.write(path, dump(value, indent=2))


def parse(content: bytes, where: str) -> Json:
    """The value that a JSON text in UTF-8 stands for; errors call the text `where`."""
    try:
        found: Json = json.loads(
            content.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:  # RecursionError: it is nested too deep
        raise FormatError(f"{where}: expected JSON: {error}.") from None
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} appears twice")
        found[name] = value
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")


def _finite(text: str) -> float:
    if isfinite(number := float(text)):
        return number
    raise ValueError(f"the number {text:.20} is beyond all floats")


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def plain(value: object, where: str) -> Json:
    """The value as JSON reads it back; errors name the part of `where` that JSON has no form for.

    Enums, tuples and NumPy's scalars and arrays become plain values.
    """
    if isinstance(value, Enum):
        return plain(value.value, where)
    if isinstance(value, np.generic | np.ndarray) and type(value.tolist()) is not type(value):
        return plain(value.tolist(), where)
    if isinstance(value, list | tuple):
        return [plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: plain(item, f"{where}.{name}") for name, item in value.items()}
    if isinstance(value, str | None):
        return value
    if isinstance(value, int | float) and isfinite(as_float(value)):
        return value
    expected = "a finite number, a string, a list or a dict with strings as names"
    raise OptionError(f"{where}: expected {expected}, got {described(value)}.")


def plain_dict(value: Mapping[str, object], where: str) -> dict[str, Json]:
    """`plain` of a dict."""
    try:
        found = plain(value, where)
    except RecursionError:
        raise OptionError(f"{where}: it is nested too deep.") from None
    if isinstance(found, dict):
        return found
    raise OptionError(f"{where}: expected a dict, got {found!r}.")


def dump(value: Json, indent: int | None = None) -> bytes:
    """The value in UTF-8, on one line unless it is indented, and a newline."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, indent=indent)
    return text.encode(errors="backslashreplace") + b"\n"  # JSON escapes lone surrogates so, too
