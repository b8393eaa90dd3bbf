"""Compares purenn's estimators with other methods on tables that packages ship.

The methods are RealMLP-TD-S in purenn, scikit-learn's MLP, skorch with the same net in PyTorch,
pytabkit's RealMLP-TD-S, random forests, HistGradientBoosting and LightGBM, all with their defaults.
A quarter of the rows is for the test, drawn anew for each seed, stratified by label (by tenths of
the values in regression); errors are the share of wrong labels, or the root of the mean squared
error. A method is better or worse on a table if its errors differ from purenn's by more than two
standard errors over the seeds.

All methods have the threads of this process. Scores are stored as they come, one per line: a
stopped script resumes where it was. The whole takes hours. To install the tables and the peers:
  .venv/bin/python -m pip install --constraint constraints.txt --editable '.[tabular]'

A peer that is not installed is reported as missing.

Examples:
  .venv/bin/python scripts/tabular.py --plot tabular.png > tabular.md
  .venv/bin/python scripts/tabular.py --tables diabetes cars --methods purenn pytabkit --seeds 3
  .venv/bin/python scripts/tabular.py --seeds 0         # from the scores stored so far
  .venv/bin/python scripts/tabular.py --list-tables     # with rows, columns, task and licence
"""

from __future__ import annotations

import json
import os
import sys
from itertools import product
from math import inf
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Annotated

import cattrs
import tyro

from benchmarks.report import machine
from benchmarks.turns import SCRIPTS, THREADS
from command_line import OptionalPicture, PathOption, command, require_names, run
from figures import write
from purenn import checks
from purenn.errors import FormatError, OptionError
from tables.catalog import TABLES, Table
from tables.methods import METHODS, PURENN, Method
from tables.report import catalog, compared, errors, picture, summary
from tables.worker import Score

START = '{"table":'  # of a score
ALL_TABLES = tuple(table.name for table in TABLES)
ALL_METHODS = tuple(method.name for method in METHODS)
NAMES = f"(default: {', '.join(ALL_METHODS)})"  # not quoted as in a shell
Methods = Annotated[tuple[str, ...], tyro.conf.arg(help_behavior_hint=NAMES)]


def compare(
    tables: tuple[str, ...] = ALL_TABLES,
    methods: Methods = ALL_METHODS,
    seeds: int = 5,
    scores: PathOption = Path("tabular.jsonl"),
    plot: OptionalPicture = None,
    *,
    list_tables: bool = False,
) -> int:
    """Measure what is missing, then print the results.

    Returns the exit status: 1 if a method failed on a table.

    Args:
        tables: by name; all if none is given.
        methods: by name; all if none is given.
        seeds: the number of splits of each table; 0 for all that have been measured.
        scores: the file where scores are stored.
        plot: where to draw the results, as PNG.
        list_tables: list the tables, and do nothing else.
    """
    tables, methods = tables or ALL_TABLES, methods or ALL_METHODS
    require_names("--tables", tables, ALL_TABLES)
    require_names("--methods", methods, ALL_METHODS)
    checks.integer("--seeds", seeds, 0)
    chosen = [table for table in TABLES if table.name in tables]
    taking = [method for method in METHODS if method.name in methods]
    if list_tables:
        print(catalog(chosen))
        return 0
    if not scores.parent.is_dir():
        raise OptionError(f"--scores: expected a file in a folder that exists, got {scores}.")
    pairs = product(chosen, (method for method in taking if method.is_present))
    done = [completed(scores, *pair, seeds) for pair in pairs]
    most = seeds or inf
    found = [each for each in read_scores(scores) if each.table in tables and each.seed < most]
    if not found:
        raise OptionError(
            f"{scores} has no scores of these tables: ask for some, with --seeds 1 or more."
        )
    print(summary(found, taking), errors(found, taking), machine(), sep="\n\n")
    if plot is not None:
        if not any(compared(found, method.name) for method in taking):
            expected = f"expected scores of {PURENN} on the same tables to compare with"
            raise OptionError(f"--plot: {expected}: measure it, too.")
        write(plot, picture(found, taking))
    return int(not all(done))


def read_scores(file: Path) -> list[Score]:
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


def completed(file: Path, table: Table, method: Method, seeds: int) -> bool:
    """Measure a method on a table with the seeds for which there is no score, and store these.

    Gives whether nothing failed.
    """
    scores = read_scores(file)
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


main = command(compare, __doc__)


if __name__ == "__main__":
    run(main)
