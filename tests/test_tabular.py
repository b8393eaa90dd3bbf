"""The comparison on tables: what it measures, stores and reports, without peers."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import attrs
import numpy as np
import pytest
from commands import SCRIPTS

import tabular
from purenn.arrays import Matrix, Vector
from purenn.errors import OptionError
from tables import report
from tables._dynamic import Frame, as_frame, made
from tables.catalog import LICENCES, TABLES, Problem, Table, Task, positive, unchanged
from tables.methods import METHODS, PURENN
from tables.report import catalog, compared, errors, megabytes, picture, summary
from tables.worker import Score, score, split, strata

PURE, SKLEARN = METHODS[:2]
ABSENT = attrs.evolve(SKLEARN, name="absent", modules=("no_such_package",))
TABLE = Table("sklearn", "wine", "classification", "target")


@pytest.fixture(autouse=True)
def _sized(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at all files of all packages takes longer than what is tested."""
    monkeypatch.setattr(report, "megabytes", lambda names: 12.0)


def problem(task: Task) -> Problem:
    x = np.random.default_rng(0).standard_normal((60, 3))
    target = x[:, 0] + 0.5 * x[:, 1]
    frame = as_frame(made("pandas:DataFrame", x, columns=["a", "b", "c"]))
    return Problem(frame, (target > 0).astype(np.int64) if task == "classification" else target)


def scores(errors: dict[tuple[str, str], list[float]], seconds: float = 2.0) -> list[Score]:
    return [
        Score(table, method, seed, error, seconds if method == PURENN else 3.0 * seconds, 1.0)
        for (table, method), found in errors.items()
        for seed, error in enumerate(found)
    ]


SCORES = scores(
    {
        ("one", PURENN): [1.0, 1.1, 0.9],
        ("one", SKLEARN.name): [2.0, 2.2, 1.8],
        ("two", PURENN): [4.0, 4.0, 4.0],
        ("two", SKLEARN.name): [2.0, 2.0, 2.1],
        ("three", PURENN): [1.0, 1.0, 1.0],
        ("three", SKLEARN.name): [0.5, 2.0, 0.6, 7.0],
    }
)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "most"), [("classification", 0.3), ("regression", 0.5)])
def test_a_method_is_fitted_and_measured_with_purenn(task: Task, most: float) -> None:
    found = score(PURE, attrs.evolve(TABLE, task=task), problem(task), 1)
    assert (found.table, found.method, found.seed) == ("wine", PURENN, 1)
    assert 0.0 <= found.error < most
    assert min(found.seconds, found.cpu) > 0.0


class Zero:
    """Predicts 0 for each row."""

    def __init__(self, random_state: int) -> None:
        assert random_state == 2

    def fit(self, features: Frame, target: Vector) -> None:
        assert (features.shape, target.shape) == ((45, 3), (45,))

    def predict(self, features: Frame) -> Matrix:
        return np.zeros((features.shape[0], 1))


ZeroClassifier = ZeroRegressor = Zero


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_errors_are_shares_of_wrong_labels_or_roots_of_mean_squares(task: Task) -> None:
    given = problem(task)
    rest = given.target[split(strata(given, task), 2)[1]]
    zero = attrs.evolve(PURE, path=f"{__name__}:Zero")
    found = score(zero, attrs.evolve(TABLE, task=task), given, 2)
    expected = np.sqrt(np.mean(rest**2)) if task == "regression" else np.mean(rest == 1)
    assert found.error == pytest.approx(expected)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_splits_keep_the_shares(task: Task) -> None:
    labels = strata(problem(task), task)
    train, test = split(labels, 3)
    assert sorted([*train, *test]) == list(range(60))
    assert len(test) == 15
    for label in np.unique(labels):
        assert (labels[test] == label).sum() == pytest.approx((labels == label).sum() / 4, abs=1)
    assert split(labels, 3)[0].tolist() == train.tolist() != split(labels, 4)[0].tolist()


WORKER = """
import json, sys
package, table, method, *seeds = sys.argv[1:]
print("a peer says something", package)
for seed in map(int, seeds):
    print(json.dumps(dict(table=table, method=method, seed=seed, error=seed, seconds=2, cpu=3)))
    if seed == 3:
        sys.exit("no luck")
"""


def test_scores_are_stored_as_they_come_and_go_on_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scores.jsonl"
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "__init__.py").touch()
    (tmp_path / "tables" / "worker.py").write_text(WORKER)
    monkeypatch.setattr(tabular, "SCRIPTS", tmp_path)
    assert tabular.read_scores(file) == []
    assert tabular.completed(file, TABLE, PURE, 2)
    expected = [Score("wine", PURENN, seed, seed, 2.0, 3.0) for seed in range(5)]
    assert tabular.read_scores(file) == expected[:2]
    with file.open("a") as stored:
        stored.write('{"table": "wi')  # by a process that was killed
    tabular.completed(file, TABLE, PURE, 3)
    tabular.completed(file, TABLE, PURE, 3)
    tabular.completed(file, TABLE, SKLEARN, 1)
    other = Score("wine", SKLEARN.name, 0, 0.0, 2.0, 3.0)
    assert tabular.read_scores(file) == [*expected[:3], other]
    assert capfd.readouterr().err == ""
    assert not tabular.completed(file, TABLE, PURE, 5)
    assert tabular.read_scores(file) == [*expected[:3], other, expected[3]]
    assert "no luck\npurenn failed on wine: why stands above." in capfd.readouterr().err


def test_a_table_that_is_not_installed_is_an_error_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vega_datasets", None)
    monkeypatch.delitem(sys.modules, "tables.worker")
    monkeypatch.setattr(sys, "argv", ["worker", "vega_datasets", "cars", PURENN, "0"])
    with pytest.raises(SystemExit, match="1"):
        runpy.run_module("tables.worker", run_name="__main__")
    assert capsys.readouterr().err.startswith("\nerror: vega_datasets:data.cars: ")


def test_methods_are_compared_by_the_seeds_that_both_have() -> None:
    one, two, three = compared(SCORES, SKLEARN.name)
    assert (one.ratio, two.ratio, three.ratio) == pytest.approx((2.0, 6.1 / 12.0, 3.1 / 3.0))
    assert (one.verdict, two.verdict, three.verdict) == (1, -1, 0)
    assert (one.seconds, one.cpu) == (3.0, 1.0)
    assert [pair.verdict for pair in compared(SCORES, PURENN)] == [0, 0, 0]
    assert compared(scores({("one", PURENN): [0.0], ("one", "x"): [0.0]}), "x")[0].ratio == 1.0


def test_the_summary_has_a_row_for_each_method_and_the_errors_one_for_each_table() -> None:
    head, rule, own, other, absent = summary(SCORES, [PURE, SKLEARN, ABSENT]).splitlines()
    assert head.count("|") == rule.count("|") == own.count("|") == absent.count("|") == 8
    assert own.startswith("| purenn | 3 | 1.000 | 0, 3, 0 | 1.00 | 1.00 | ")
    assert other.startswith("| scikit-learn's MLP | 3 | 1.017 | 1, 1, 1 | 3.00 | 1.00 | ")
    assert absent.startswith("| absent | missing | ")
    gone = [attrs.evolve(each, method="absent") for each in SCORES if each.method != PURENN]
    assert summary([*SCORES, *gone], [ABSENT]).splitlines()[2].endswith(" | 3.00 | 1.00 |  |")
    _, _, one, two, three = errors(SCORES, [PURE, SKLEARN, ABSENT]).splitlines()
    assert one == "| one | 1 ± 0.058 | 2 ± 0.12 |  |"
    assert two == "| two | 4 ± 0 | 2.033 ± 0.033 |  |"
    assert three == "| three | 1 ± 0 | 2.525 ± 1.5 |  |"


def test_the_picture_has_ratios_times_and_sizes() -> None:
    ratios, seconds, sizes = picture(SCORES, [PURE, SKLEARN]).axes
    assert [label.get_text() for label in ratios.get_yticklabels()] == ["one", "two", "three"]
    assert ratios.get_legend_handles_labels()[1] == [SKLEARN.name]
    assert len(seconds.patches) == len(sizes.patches) == 2


def test_the_catalog_says_what_each_table_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "load", lambda table: problem(table.task))
    expected = "| wine | sklearn | 60 | 3 | 0 | 0 | classification | BSD-3-Clause |"
    assert catalog([TABLE]).splitlines()[2:] == [expected]


def test_tables_are_many_and_each_has_a_licence_and_a_name_of_its_own() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES) >= 20
    tasks = [table.task for table in TABLES]
    assert min(tasks.count("classification"), tasks.count("regression")) >= 8
    assert all(table.licence for table in TABLES)
    special = {table.licence for table in TABLES} - {*LICENCES.values()}
    assert special == {"by permission of the author"}
    values = np.array([1.0, 0.0, 2.0])
    assert unchanged(values) is values
    assert positive(values).tolist() == [1, 0, 1]


def test_sizes_count_what_is_needed_once() -> None:
    numpy, both = megabytes(["numpy"]), megabytes(["scikit-learn", "numpy", "no-such-package"])
    assert 10.0 < numpy < both == megabytes(["scikit_learn", "scikit.learn"])


def test_the_command_reports_the_scores_that_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot, file = tmp_path / "tabular.png", tmp_path / "scores.jsonl"
    everything = ("--tables", "--methods", "--seeds", "0")  # without a name
    known = {"one": "cars", "two": "digits", "three": "fair"}
    known_scores = [attrs.evolve(each, table=known[each.table]) for each in SCORES]
    file.write_text("".join(f"{json.dumps(attrs.asdict(each))}\n" for each in known_scores))
    assert tabular.main([*everything, "--scores", str(file), "--plot", str(plot)]) == 0
    shown = capsys.readouterr().out
    assert "| scikit-learn's MLP | 3 | 1.017 | 1, 1, 1 |" in shown
    assert f"numpy {np.__version__}" in shown
    assert plot.read_bytes().startswith(b"\x89PNG")
    apart = json.dumps(attrs.asdict(known_scores[0])), json.dumps(attrs.asdict(known_scores[-1]))
    file.write_text("\n".join(apart) + "\n")
    options = ["--methods", SKLEARN.name, "--scores", str(file), "--plot", str(plot)]
    with pytest.raises(OptionError, match="--plot: expected scores of purenn on the same tables"):
        tabular.main([*everything, *options])


def test_the_command_reports_what_was_chosen_and_fails_if_a_method_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scores.jsonl"
    stored = scores({(table, PURENN): [1.0, 2.0] for table in ("cars", "digits")})
    file.write_text("".join(f"{json.dumps(attrs.asdict(each))}\n" for each in stored))
    options = ["--tables", "cars", "--methods", PURENN, "--scores", str(file), "--seeds"]
    assert tabular.main([*options, "1"]) == 0
    shown = capsys.readouterr().out
    assert "| cars | 1 |\n" in shown
    assert "digits" not in shown
    monkeypatch.setattr(tabular, "SCRIPTS", tmp_path)  # where there is no worker
    assert tabular.main([*options, "3"]) == 1
    assert "| cars | 1.5 ± 0.5 |\n" in capsys.readouterr().out


def test_the_documentation_has_the_tables_of_the_script_but_those_that_it_names() -> None:
    text = (SCRIPTS.parent / "docs" / "tables.md").read_text(encoding="utf-8")
    documented = {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines()}
    assert {each.name for each in TABLES} - documented == {"movies", "HI"}
    left = "`movies` and `HI`, two of the three largest, are left out."
    assert f"Of the script's {len(TABLES)} tables, {left}" in " ".join(text.split())
