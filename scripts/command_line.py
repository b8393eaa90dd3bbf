"""Command lines from frozen attrs classes: options, settings from a file, and how errors end.

A trainer has a class of settings, which decide what is computed and are written to config.json, and
a command: the settings and a `Place`, which says where the run goes.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn, ParamSpec, TypeVar

import attrs
import cattrs
import tyro

from purenn import PurennError, files, runs
from purenn.errors import OptionError
from purenn.runs.folder import CONFIG

A = ParamSpec("A")
C = TypeVar("C")
S = TypeVar("S")
N = TypeVar("N", int, float, str)

PATH = tyro.constructors.PrimitiveConstructorSpec[Path](
    nargs=1,
    metavar="PATH",
    instance_from_str=lambda given: files.expanded(given[0]),
    is_instance=lambda value: isinstance(value, Path | None),
    str_from_instance=lambda path: [str(path)],
)


def _picture(given: Sequence[str]) -> Path:
    path = files.expanded(given[0])
    if path.suffix.lower() != ".png":
        raise OptionError(f"expected a name that ends in .png, got {path}.")
    return path


PICTURE = dataclasses.replace(PATH, instance_from_str=_picture)
PathOption = Annotated[Path, PATH]
PictureOption = Annotated[Path, PICTURE]
FORM = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)  # of options
OptionalPath = Annotated[Path | None, PATH]
OptionalPicture = Annotated[Path | None, PICTURE]


@attrs.frozen(kw_only=True)
class Place:
    """Where a run goes, and where its settings come from."""

    folder: PathOption
    """The folder of the run. One that already holds a run is refused, unless it is resumed."""
    resume: bool = False
    """Resume the run in the folder with its settings, of which only --epochs may grow.
    Unless the rate is constant, a new run with that config.json would then end differently."""
    config: OptionalPath = None
    """Take the settings from the config.json of another run; options override it."""

    def opened(self, script: str, settings: object) -> AbstractContextManager[runs.Run]:
        """The folder, held while the run goes on."""
        config = runs.Config(script, to_json(settings))
        if not self.resume:
            return runs.start(self.folder, config)
        known = runs.read_config(self.folder / CONFIG).settings
        # Settings that did not exist when the run began have had their defaults since.
        meant = to_json(from_json(known, type(settings), str(self.folder)))
        new = [name for name in meant.keys() - known if meant[name] == config.settings[name]]
        return runs.resume(self.folder, config, may_change=("epochs", *new))


def parse(command: type[C], default: C, arguments: Sequence[str], description: str | None) -> C:
    """The command that the arguments spell; what they leave out is as in `default`.

    Prints the help, or what is wrong, and exits if there is nothing to go on with.
    """
    return tyro.cli(command, args=arguments, default=default, description=description, config=FORM)


def command(
    function: Callable[A, int | None], description: str | None
) -> Callable[[Sequence[str]], int | None]:
    """A script's main function: calls the function with the options that the arguments spell."""
    return lambda arguments: tyro.cli(
        function, args=arguments, description=description, config=FORM
    )


def first_settings(arguments: Sequence[str], folder: Path, script: str, default: S) -> S:
    """The settings that options change: the folder's with --resume, the file's with --config."""
    if {"-h", "--help"} & set(arguments):
        return default
    usual = Place(folder=folder)
    place, _ = tyro.cli(Place, args=arguments, default=usual, return_unknown_args=True)
    if place.resume and place.config is not None:
        raise OptionError("--resume: the folder has its settings. Leave out --config.")
    path = place.folder / CONFIG if place.resume else place.config
    if path is None:
        return default
    if place.resume and not path.exists():
        raise runs.RunError(f"{place.folder} holds no run. Leave out --resume to start one.")
    config = runs.read_config(path)
    if config.script != script:
        raise OptionError(f"{path}: expected a configuration of {script}, got {config.script}.")
    return from_json(config.settings, type(default), str(path))


def require_names(option: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Check that an option names what there is."""
    for name in names:
        if name not in known:
            raise OptionError(f"{option}: expected one of {', '.join(known)}, got {name!r}.")


def to_json(settings: object) -> dict[str, runs.Json]:
    """Settings as they stand in a config.json."""
    plain: dict[str, runs.Json] = CONVERTER.unstructure(settings)
    return plain


def from_json(settings: Mapping[str, runs.Json], kind: type[S], where: str) -> S:
    """Settings from what `to_json` made of them; those that are missing have their defaults."""
    try:
        return CONVERTER.structure(settings, kind)
    except cattrs.BaseValidationError as error:
        problems = "\n  ".join(cattrs.transform_error(error, "settings", _problem))
        raise OptionError(f"{where} does not fit:\n  {problems}") from None


def _problem(error: BaseException, kind: type | None) -> str:
    if isinstance(error, OptionError | TypeError):
        return str(error)
    return cattrs.v.format_exception(error, kind)


def _strict(value: object, kind: type[N]) -> N:
    """A value that has its type already: cattrs would turn text into numbers."""
    if isinstance(value, kind) and type(value) is kind:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return kind(value)
    raise TypeError(f"expected {kind.__name__}, got {value!r}")


CONVERTER = cattrs.Converter(forbid_extra_keys=True)
for kind in (int, float, str, bool):
    CONVERTER.register_structure_hook(kind, _strict)


def run(main: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Run a script's main function with the arguments of the process, and end."""
    sys.exit(exit_status(lambda: main(sys.argv[1:])))


def exit_status(main: Callable[[], int | None]) -> int:
    """Run a script's main function, and say in plain words what stopped it.

    Gives what it returns, 1 after an error, or 128 and the signal that interrupted it.
    """
    if sys.stdout is None:
        print("\nerror: standard output is closed", file=sys.stderr)
        return 1
    if isinstance(sys.stdout, TextIOWrapper):  # a name that it has no letters for is no failure
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = main() or 0
        sys.stdout.flush()
        return status
    except runs.InterruptionError as error:
        print(f"\n{error}\nThe same command with --resume does that.", file=sys.stderr)
        return 128 + error.signal
    except PurennError as error:
        print(f"\nerror: {error}", file=sys.stderr)
    except MemoryError as error:
        print(f"\nerror: not enough memory: {error}", file=sys.stderr)
    except OSError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        with suppress(OSError, ValueError):  # what is still to be written cannot be, at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("\nerror: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    return 1
