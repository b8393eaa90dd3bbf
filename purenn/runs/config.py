"""The configuration of a run: all that it takes to start it again."""

from __future__ import annotations

from pathlib import Path

import attrs

from purenn import durable, jsons
from purenn.errors import FormatError, RunError, UnavailableError
from purenn.jsons import Json

LIMIT = 2**20  # bytes


@attrs.frozen
class Config:
    """A script and all of its settings.

    Args:
        script: the name of the file that runs it, such as `spiral.py`.
        settings: everything that decides what is computed, and nothing else: neither where the
            data lies nor where results go, so that a folder can be moved and a run repeated.
    """

    script: str
    settings: dict[str, Json]


def encode(config: Config) -> bytes:
    """The bytes of config.json.

    Raises:
        RunError: a setting has no form in JSON, such as NaN.
    """
    try:
        settings = jsons.checked(config.settings, "settings")
        return jsons.document({"script": config.script, "settings": settings})
    except FormatError as error:
        raise RunError(f"The configuration cannot be written down: {error}") from None


def read_config(path: Path) -> Config:
    """The configuration in a file such as config.json.

    Raises:
        RunError: the file cannot be read, or holds no configuration.
    """
    try:
        found = jsons.parse(durable.read(path, LIMIT), str(path))
    except (FormatError, UnavailableError) as error:
        raise RunError(f"{error}") from None
    match found:
        case {"script": str(script), "settings": dict(settings), **rest} if not rest:
            return Config(script, settings)
    raise RunError(
        f"{path} holds no configuration of a run: it must be an object of a script and settings, "
        "and nothing else, as in the config.json of a run's folder."
    )


def differences(before: Config, after: Config) -> tuple[str, ...]:
    """One sentence for every setting in which two configurations differ."""
    old = {"script": before.script, **flat(before.settings)}
    new = {"script": after.script, **flat(after.settings)}
    return tuple(
        f"{name}: {_shown(old, name)} there, {_shown(new, name)} here"
        for name in dict.fromkeys([*old, *new])
        if _shown(old, name) != _shown(new, name)
    )


def flat(settings: dict[str, Json], prefix: str = "") -> dict[str, Json]:
    """The settings with those of inner objects in one object: `model.hidden`."""
    found: dict[str, Json] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _shown(settings: dict[str, Json], name: str) -> str:
    return repr(settings[name]) if name in settings else "nothing"
