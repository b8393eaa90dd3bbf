"""Command lines from frozen attrs classes: options, settings from a file, and how errors end.

A script has a class of settings, which say what a run is and are written to its config.json, and
a class of commands: the settings, and what does not belong to them, such as where the run goes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import cattrs
import tyro

from purenn import OptionError, PurennError, runs

C = TypeVar("C")
S = TypeVar("S")
N = TypeVar("N", int, float, str)


def parse(command: type[C], default: C, arguments: Sequence[str], description: str) -> C:
    """The command that the arguments spell; what they leave out is as in `default`.

    Prints the help or what is wrong, and exits, where there is nothing to go on with.
    """
    return tyro.cli(
        command,
        args=arguments,
        default=default,
        description=description,
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )


def config_argument(arguments: Sequence[str]) -> Path | None:
    """The file that `--config FILE` names, if the arguments have it."""
    for index, argument in enumerate(arguments):
        if argument == "--config" and index + 1 < len(arguments):
            return Path(arguments[index + 1])
        if argument.startswith("--config="):
            return Path(argument.removeprefix("--config="))
    return None


def to_json(settings: object) -> dict[str, runs.Json]:
    """Settings as they stand in a config.json."""
    plain: dict[str, runs.Json] = _converter().unstructure(settings)
    return plain


def read_settings(path: Path, script: str, kind: type[S]) -> S:
    """The settings in a config.json of that script.

    Raises:
        RunError: the file cannot be read, or is none.
        OptionError: it is another script's, or has settings that are unknown or make no sense.
    """
    config = runs.read_config(path)
    if config.script != script:
        raise OptionError(f"{path} is a configuration of {config.script}, not of {script}.")
    return from_json(config.settings, kind, str(path))


def from_json(settings: Mapping[str, runs.Json], kind: type[S], where: str) -> S:
    """Settings from what `to_json` made of them; those that are missing have their defaults.

    Raises:
        OptionError: some are unknown, of another type, or make no sense.
    """
    try:
        return _converter().structure(settings, kind)
    except cattrs.BaseValidationError as error:
        problems = "\n  ".join(cattrs.transform_error(error, "settings", _problem))
        raise OptionError(f"{where} does not fit:\n  {problems}") from None


def _problem(error: BaseException, kind: type | None) -> str:
    if isinstance(error, OptionError | TypeError):
        return str(error)
    return cattrs.v.format_exception(error, kind)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind in (int, float, str):
        converter.register_structure_hook(kind, _strict)
    return converter


def _strict(value: object, kind: type[N]) -> N:
    """A value that has its type already: cattrs would make a number of a text without a word."""
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return kind(value)
    raise TypeError(f"expected {kind.__name__} and got {value!r}")


def exit_status(main: Callable[[], int]) -> int:
    """Run a script's main function, and tell what stopped it in plain words.

    Returns:
        What it returns, 1 after an error, or 128 and the signal that interrupted it.
    """
    try:
        return main()
    except runs.InterruptionError as error:
        print(f"\n{error}", file=sys.stderr)
        return 128 + error.signal
    except PurennError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except MemoryError as error:
        print(f"\nerror: there is not enough memory: {error}", file=sys.stderr)
        return 1
