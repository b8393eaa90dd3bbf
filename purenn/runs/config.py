"""The configuration of a run: a script and its settings, in config.json."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import attrs

from purenn import checks, files, jsons
from purenn.errors import RunError
from purenn.jsons import Json


def _plain(settings: Mapping[str, object]) -> dict[str, Json]:
    return jsons.plain_dict(settings, "settings")


@attrs.frozen
class Config:
    """The name of a script, and all settings that decide what it computes.

    Leave out where data are read and results written, so that a folder can be moved and a run
    repeated. Settings are kept as JSON reads them back: tuples as lists, enums as their values.
    """

    script: str = attrs.field(validator=checks.of(str, "Give the name of a script."))
    settings: dict[str, Json] = attrs.field(converter=_plain)


def read_config(path: files.AnyPath) -> Config:
    """The configuration in a file such as config.json."""
    match jsons.read(path):
        case {"script": str(script), "settings": dict(settings), **rest} if not rest:
            return Config(script, settings)
    raise RunError(f'{path}: expected {{"script": ..., "settings": {{...}}}} and nothing else.')


def flat(settings: Mapping[str, Json], prefix: str = "") -> dict[str, Json]:
    """The settings with those of inner objects in one dict: `model.hidden`.

    Names with dots are quoted, so that no two settings share a name.
    """
    checks.instance("settings", settings, Mapping)
    checks.instance("prefix", prefix, str)
    found: dict[str, Json] = {}
    for name, value in settings.items():
        path = prefix + (name if name.replace("-", "_").isidentifier() else repr(name))
        found |= flat(value, f"{path}.") if isinstance(value, dict) and value else {path: value}
    return found


def changes(before: Config, after: Config, may_change: Collection[str] = ()) -> tuple[str, ...]:
    """One line for each setting that differs, but for what may change: numbers if they grow."""
    old, new = ({"the script": x.script, **flat(x.settings)} for x in (before, after))
    free = [name for name in may_change if not _shrinks(old.get(name), new.get(name))]
    return differing(old, new, [name for name in {**old, **new} if name not in free])


def differing(
    before: Mapping[str, Json], after: Mapping[str, Json], names: Iterable[str]
) -> tuple[str, ...]:
    """One line for each of the names whose values differ."""
    shown = [(name, _shown(before, name), _shown(after, name)) for name in names]
    return tuple(f"{name}: {old} there, {new} here" for name, old, new in shown if old != new)


def _shown(facts: Mapping[str, Json], name: str) -> str:
    return jsons.dump(facts[name]).decode().strip() if name in facts else "nothing"


def _shrinks(before: Json, after: Json) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return False
    return isinstance(before, int | float) and isinstance(after, int | float) and after < before
