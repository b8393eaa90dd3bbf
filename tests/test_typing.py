"""What mypy makes of programs that use purenn: right ones pass, and each mistake has its error.

The files under `typing/pass` assert types. Those under `typing/fail` hold mistakes, each with the
code of its error and some of the words:

    params[1].weight  # [attr-defined] "Empty" has no attribute "weight"
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
FAIL = sorted((ROOT / "tests" / "typing" / "fail").glob("*.py"))

Errors = list[tuple[int, str, str]]  # line numbers, codes and messages


@cache
def reports() -> dict[Path, Errors]:
    """What mypy says about each file, all in one run; its cache is that of the whole project."""
    options = ("--no-pretty", "--no-error-summary", "--no-color-output")
    command = [sys.executable, "-m", "mypy", *options, *map(str, (*PASS, *FAIL))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    found: dict[Path, Errors] = {path: [] for path in (*PASS, *FAIL)}
    pattern = re.compile(r"(?m)^(.+?):(\d+): error: (.*?)  \[([\w-]+)\]$")
    for path, line, message, code in pattern.findall(result.stdout):
        found[ROOT / path].append((int(line), code, message))
    return found


def expected(path: Path) -> Errors:
    """The errors that stand in the file."""
    found: Errors = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for code, words in re.findall(r"# \[([\w-]+)\] ([^#]+)", line):
            found.append((number, code, words.strip()))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", FAIL, ids=lambda path: path.name)
def test_mistakes_have_the_errors_expected(path: Path) -> None:
    wanted, found = sorted(expected(path)), sorted(reports()[path])
    assert [error[:2] for error in found] == [error[:2] for error in wanted]
    for (*_, words), (*_, message) in zip(wanted, found, strict=True):
        assert words in message


@pytest.mark.slow
@pytest.mark.parametrize("path", PASS, ids=lambda path: path.name)
def test_right_programs_pass_and_run(path: Path) -> None:
    assert reports()[path] == []
    assert "KEY" in runpy.run_path(str(path))
