"""What mypy makes of programs that use purenn: right ones pass, and each mistake has its error.

The files under `typing/pass` assert types. Those under `typing/fail` hold mistakes, and above each
the errors that mypy is to report for it:

    # error: "Empty" has no attribute "weight" [attr-defined]
    params[1].weight

Types of arrays are written by their names in purenn.arrays; `aliases.py` tells how mypy prints
them. Lines that begin with `#` and three spaces go on with the error above.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PASS = sorted((ROOT / "tests" / "typing" / "pass").glob("*.py"))
FAIL = sorted((ROOT / "tests" / "typing" / "fail").glob("wrong_*.py"))
ALIASES = ROOT / "tests" / "typing" / "fail" / "aliases.py"

Report = tuple[tuple[int, str], ...]  # line numbers and errors


@cache
def reports() -> dict[Path, Report]:
    """What mypy says about each file, all in one run; its cache is that of the whole project."""
    options = ("--no-pretty", "--no-error-summary", "--no-color-output")
    files = map(str, (*PASS, *FAIL, ALIASES))
    result = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    found: dict[Path, list[tuple[int, str]]] = {path: [] for path in (*PASS, *FAIL, ALIASES)}
    for path, line, error in re.findall(r"(?m)^(.+?):(\d+): error: (.*)$", result.stdout):
        found[ROOT / path].append((int(line), " ".join(error.split())))
    return {path: tuple(errors) for path, errors in found.items()}


@cache
def aliases() -> tuple[tuple[str, str], ...]:
    """How mypy prints the type of an array, and its name; the longest first."""
    lines = ALIASES.read_text().splitlines()
    pairs: list[tuple[str, str]] = []
    for line, error in reports()[ALIASES]:
        printed = error.removeprefix('Incompatible types in assignment (expression has type "')
        pairs.append((printed.split('", variable')[0], lines[line - 1].split("  # ")[1]))
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def reported(path: Path) -> Report:
    """The errors that mypy reports, with arrays' types by name."""
    return tuple((line, in_short(error)) for line, error in reports()[path])


def in_short(error: str) -> str:
    for printed, name in aliases():
        error = error.replace(printed, name)
    return error


def expected(path: Path) -> Report:
    """The errors that stand in the file, at the lines below them."""
    errors: list[tuple[int, str]] = []
    waiting: list[str] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("# error: "):
            waiting.append(line.removeprefix("# error: "))
        elif line.startswith("#   "):
            waiting[-1] += f" {line.removeprefix('#   ')}"
        else:
            errors += [(number, error) for error in waiting]
            waiting = []
    return tuple(errors)


@pytest.mark.parametrize("path", FAIL, ids=lambda path: path.name)
def test_mistakes_have_the_errors_expected(path: Path) -> None:
    assert expected(path)
    assert sorted(reported(path)) == sorted(expected(path))


@pytest.mark.parametrize("path", PASS, ids=lambda path: path.name)
def test_right_programs_pass(path: Path) -> None:
    assert "assert_type" in path.read_text()
    assert reports()[path] == ()


@pytest.mark.parametrize("path", PASS, ids=lambda path: path.name)
def test_right_programs_run(path: Path) -> None:
    assert "KEY" in runpy.run_path(str(path))


def test_every_array_type_has_a_short_name() -> None:
    names = [name for _, name in aliases()]
    assert len(names) == len(set(names)) == ALIASES.read_text().count(": None = ")
