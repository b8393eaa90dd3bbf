"""Compares purenn's estimators with other methods on tables that packages ship.

The methods are RealMLP-TD-S in purenn, scikit-learn's MLP, skorch with the same net in PyTorch,
pytabkit's RealMLP-TD-S, random forests, HistGradientBoosting and LightGBM, all with their defaults.
A quarter of the rows is for the test, drawn anew for each seed, with the same shares of labels (of
tenths of values); errors are the share of wrong labels, or the root of the mean squared error. A
method is better or worse on a table if its errors differ from purenn's by more than two standard
errors over the seeds.

All methods have the threads of this process. Scores are stored as they come, one per line: a script
that was stopped goes on where it was. All of it takes hours. The tables and the peers come with
  .venv/bin/python -m pip install --constraint constraints.txt --editable '.[tabular]'

A peer that is not installed is reported as missing.

Examples:
  .venv/bin/python scripts/tabular.py --plot tabular.png > tabular.md
  .venv/bin/python scripts/tabular.py --tables diabetes cars --methods purenn pytabkit --seeds 3
  .venv/bin/python scripts/tabular.py --seeds 0         # from the scores stored so far
  .venv/bin/python scripts/tabular.py --list-tables     # with rows, columns, task and licence
"""

from __future__ import annotations

from itertools import product
from math import inf
from pathlib import Path
from typing import Annotated

import tyro

from benchmarks.report import machine
from command_line import OptionalPicture, PathOption, command, require_names, run
from figures import write
from purenn import checks
from purenn.errors import OptionError
from tables import results
from tables.catalog import TABLES
from tables.methods import METHODS, PURENN
from tables.report import catalog, compared, errors, picture, summary

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

    Gives the exit status: 1 if a method failed on a table.

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
    done = [results.complete(scores, *pair, seeds) for pair in pairs]
    most = seeds or inf
    found = [each for each in results.read(scores) if each.table in tables and each.seed < most]
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


main = command(compare, __doc__)


if __name__ == "__main__":
    run(main)
