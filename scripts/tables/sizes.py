"""How much a package takes when it is installed, with all that it needs.

Byte code does not count: pip writes it as a cache, `pip install --no-compile` and uv do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def megabytes(names: Iterable[str]) -> float:
    """The size of these distributions and of those that they need, as far as they are here."""
    found: dict[str, Distribution] = {}
    rest = list(names)
    while rest:
        name = canonicalize_name(rest.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        needed = map(Requirement, found[name].requires or ())
        here = {"extra": ""}
        rest += [each.name for each in needed if not each.marker or each.marker.evaluate(here)]
    files = [file for each in found.values() for file in each.files or () if file.suffix != ".pyc"]
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6
