"""Scores, stored as they come, so that the comparison can be stopped and goes on where it was."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import cattrs

from benchmarks.turns import THREADS
from purenn.errors import FormatError
from tables.catalog import Table
from tables.methods import Method
from tables.worker import Score

START = '{"table":'  # of a score
SCRIPTS = Path(__file__).parent.parent


def read(file: Path) -> list[Score]:
    """The scores in a file, one on each line; a last one that was not finished is removed."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    size = len(START)
    whole = [line for line in lines if line.endswith("\n") or line[:size] != START[: len(line)]]
    found = [_score(line, f"{file}, line {n}") for n, line in enumerate(whole, 1)]
    if whole != lines:
        file.write_text("".join(whole), encoding="utf-8")
    return found


def _score(line: str, where: str) -> Score:
    try:
        return cattrs.structure(json.loads(line), Score)
    except (ValueError, TypeError, RecursionError, cattrs.BaseValidationError):
        raise FormatError(f"{where}: expected a score, got {line.rstrip()[:60]!r}.") from None


def complete(file: Path, table: Table, method: Method, seeds: int) -> bool:
    """Measure a method on a table with the seeds for which there is no score, and store these.

    Gives whether nothing failed.
    """
    scores = read(file)
    done = {each.seed for each in scores if (each.table, each.method) == (table.name, method.name)}
    rest = [str(seed) for seed in range(seeds) if seed not in done]
    if not rest:
        return True
    args = [sys.executable, "-m", "tables.worker", table.package, table.path, method.name, *rest]
    with Popen(args, stdout=PIPE, text=True, cwd=SCRIPTS, env=os.environ | THREADS) as process:
        for line in process.stdout or ():
            if line.startswith("{"):  # some methods print as well
                with file.open("a", encoding="utf-8") as stored:
                    stored.write(line)
    if process.returncode:  # others are measured nevertheless
        print(f"{method.name} failed on {table.name}: why stands above.", file=sys.stderr)
    return not process.returncode
