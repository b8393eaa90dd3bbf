"""Fits a method to a table: `python -m tables.worker PACKAGE PATH METHOD SEED...`.

It prints a result for each seed as a line of JSON.
"""

from __future__ import annotations

import json
import warnings
from time import perf_counter, process_time

import attrs
import numpy as np
from sklearn.model_selection import train_test_split

from command_line import run
from purenn.arrays import Indices, Labels
from tables._dynamic import as_frame, made
from tables.catalog import TABLES, Problem, Table, Task, load
from tables.methods import METHODS, Method

TEST = 0.25
BINS = 10  # of values to predict, which are split as if they were labels


@attrs.frozen
class Score:
    """What a method did on a table, with the split and the start of that seed."""

    table: str
    method: str
    seed: int
    error: float  # the share of wrong labels, or the root of the mean squared error
    seconds: float  # of the fit
    cpu: float  # seconds of all threads


def split(target: Labels, seed: int) -> tuple[Indices, Indices]:
    """The rows of the training and of the test part."""
    rows: Indices = np.arange(len(target))
    train, test = train_test_split(rows, test_size=TEST, random_state=seed, stratify=target)
    return train, test


def strata(problem: Problem, task: Task) -> Labels:
    """What a split keeps the shares of: labels, or the tenths of values."""
    if task == "classification":
        return problem.target.astype(np.int64)
    ranks = problem.target.argsort(kind="stable").argsort(kind="stable")
    return ranks * BINS // len(ranks)


def score(method: Method, table: Table, problem: Problem, seed: int) -> Score:
    """Fit to the training part and measure on the test part."""
    train, test = split(strata(problem, table.task), seed)
    estimator = method.estimator(table.task, seed)
    wall, cpu = perf_counter(), process_time()
    estimator.fit(problem.features.take(train), problem.target[train])
    wall, cpu = perf_counter() - wall, process_time() - cpu
    found = np.asarray(estimator.predict(problem.features.take(test))).reshape(-1)
    wrong = found - problem.target[test]
    error = np.sqrt(np.mean(wrong**2)) if table.task == "regression" else np.mean(wrong != 0)
    return Score(table.name, method.name, seed, float(error), wall, cpu)


def warm_up(method: Method, task: Task) -> None:
    """Fit to a small table first: what is loaded then is not to be measured."""
    draw = np.random.default_rng(0)
    numbers = {"a": draw.standard_normal(64), "b": draw.standard_normal(64)}
    frame = as_frame(made("pandas:DataFrame", numbers))
    target = np.arange(64) % 2 if task == "classification" else numbers["a"]
    method.estimator(task, 0).fit(frame, target)


def main(package: str, path: str, name: str, *seeds: str) -> None:
    """Print a score for each seed."""
    warnings.simplefilter("ignore")
    table = next(each for each in TABLES if (each.package, each.path) == (package, path))
    method = next(each for each in METHODS if each.name == name)
    problem = load(table)
    warm_up(method, table.task)
    for seed in map(int, seeds):
        print(json.dumps(attrs.asdict(score(method, table, problem, seed))), flush=True)


if __name__ == "__main__":
    run(lambda arguments: main(*arguments))
