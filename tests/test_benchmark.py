"""The benchmark measures what it says, with all contenders that are installed."""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from time import sleep
from typing import get_args

import attrs
import numpy as np
import pytest
from sample import sample

import benchmark
import compare_layers
from benchmarks import turns
from benchmarks.contenders import CONTENDERS, JAX, TORCH
from benchmarks.products import products
from benchmarks.report import Case, header, layer_row, picture, row
from benchmarks.turns import Result, Series, WorkerError, measure
from benchmarks.workloads import WORKLOADS, Axis, Kind, Name, Workload
from purenn.errors import PurennError

TINY = Workload("small", "training", (6, 5, 4, 3), 8, 20, steps=2)
BARE, PURE, _, FUSED, FOREACH, READ, _, SKLEARN, _ = CONTENDERS
ABSENT = attrs.evolve(READ, packages=("no_such_package",))
SERIES = {
    BARE: Series((1.0, 2.0, 4.0), 0.0),
    PURE: Series((2.0, 2.0, 12.0), 40.0, (1.0, 0.5)),
    FUSED: Series((4.0, 4.0, 4.0), 300.0, (1.0, 0.55)),
    FOREACH: Series((8.0, 8.0, 8.0), 200.0, (1.0, 0.5)),
}
RESULT = Result(TINY, SERIES)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, less in {"PAUSE": 0.0, "TURN": 0.01, "THREADS": {}}.items():
        monkeypatch.setattr(turns, name, less)


def measured(workload: Workload, rounds: int = 1) -> Result:
    """All contenders that are installed and do such work, measured."""
    result = measure(workload, CONTENDERS, rounds)
    fit = [contender for contender in CONTENDERS if workload.kind in contender.kinds]
    assert list(result.series) == [each for each in fit if all(map(find_spec, each.packages))]
    return result


def first_loss(workload: Workload) -> float:
    """The loss of the first batch, from the formulas."""
    inputs, labels = workload.noise()
    rows = workload.order(0)[: workload.batch]
    x, y = inputs[rows].astype(np.float64), labels[rows]
    *hidden, last = workload.first_weights()
    for weight in hidden:
        z = x @ weight
        x = np.where(z > 0, z, workload.slope * z)
    z = x @ last
    if workload.binary:  # logits of two classes, the first of which is 0
        z = np.concatenate([np.zeros_like(z), z], axis=1)
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean())


ADAM = attrs.evolve(TINY, kind="adam", slope=0.0, rate=0.001)


@pytest.mark.parametrize("workload", [TINY, attrs.evolve(TINY, widths=(6, 5, 1)), ADAM])
def test_training_is_measured_and_all_contenders_do_the_same(workload: Workload) -> None:
    result = measured(workload, rounds=2)
    for each in result.series.values():
        assert (len(each.seconds), min(each.seconds) > 0.0) == (2, True)
    losses = result.own.values
    assert losses[0] == pytest.approx(first_loss(workload), rel=1e-5)
    assert len(losses) == 10 > workload.batches  # the last, smaller batch is among them
    assert losses[0] != losses[-1]
    assert result.disagreement < 1e-4


@pytest.mark.parametrize(("kind", "tolerance"), [("normalized", 0.5), ("cnn-small", 1e-3)])
def test_nets_are_measured_and_all_contenders_learn_alike(kind: Name, tolerance: float) -> None:
    (net,) = (workload for workload in WORKLOADS if workload.name == kind)
    result = measured(attrs.evolve(net, batch=8, samples=20, steps=1))
    for each in result.series.values():
        assert len(each.values) == 10
        assert np.mean(each.values[-3:]) < each.values[0] < 5.0
        # Dropout in `normalized` is each contender's own.
        assert each.values[0] == pytest.approx(result.own.values[0], rel=tolerance)


def test_inference_is_measured_and_all_contenders_answer_the_same() -> None:
    result = measured(attrs.evolve(TINY, kind="inference", slope=0.0))
    assert (len(result.own.values), result.disagreement < 1e-5) == (3, True)


def test_epochs_of_images_are_measured(tmp_path: Path) -> None:
    images, labels = sample().train_images.reshape(-1, 784), sample().train_labels.astype(np.int64)
    file = str(tmp_path / "images.npz")
    np.savez(file, images=images, labels=labels)
    workload = Workload("epoch", "epoch", (784, 20, 10), 128, 2000, 16, slope=0.0, file=file)
    result = measured(workload)
    losses = [each.values for each in result.series.values() if each.values]
    assert len(losses) == len(result.series) - 1  # all but the products
    for values in losses:
        assert values[0] == pytest.approx(losses[0][0], rel=1e-5)
        assert values[-1] < values[0]


def test_imports_are_measured() -> None:
    result = measured(Workload("import", "import", ()))
    assert all(0.0 < times < 60.0 for each in result.series.values() for times in each.seconds)
    if sys.platform == "linux":  # elsewhere nobody tells
        assert result.own.peak > result.series[BARE].peak > 5.0


@pytest.mark.parametrize("kind", ["training", "import"])
def test_another_purenn_is_imported_from_its_folder_and_a_failure_says_why(
    kind: Kind, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "purenn.py").write_text("raise ImportError('the other purenn')")
    with pytest.raises(WorkerError, match="purenn failed"):
        measure(attrs.evolve(TINY, kind=kind), [attrs.evolve(PURE, path=str(tmp_path))], 1)
    assert "the other purenn" in capfd.readouterr().err


def test_the_floor_is_three_products_a_layer_less_one() -> None:
    shapes = [(8, 5), (8, 4), (8, 3), (4, 3), (8, 4), (5, 4), (8, 5), (6, 5)]
    assert [out.shape for _, _, out in products(TINY)] == shapes
    assert len(products(attrs.evolve(TINY, kind="inference"))) == 3


def test_workloads_are_those_that_the_command_line_names_and_grow_a_hundredfold() -> None:
    assert list(dict.fromkeys(workload.name for workload in WORKLOADS)) == list(get_args(Name))
    for axis in get_args(Axis):
        grown = [workload for workload in WORKLOADS if workload.name == axis]
        assert grown[-1].size / grown[0].size >= 100
        work = [sum(a * b for a, b in pairwise(job.widths)) * job.batch for job in grown]
        assert work == sorted(set(work))
    # Every epoch has an order of its own.
    assert sorted(TINY.order(0)) == sorted(TINY.order(1)) == list(range(20))
    assert list(TINY.order(0)) != list(TINY.order(1))


def test_ratios_are_taken_by_rounds() -> None:
    assert RESULT.own.ratio(SERIES[BARE]) == (1.5, 2.0, 2.5)  # medians alone give 1.0
    assert RESULT.fastest(TORCH) is SERIES[FUSED]
    assert RESULT.fastest(JAX) is None
    assert RESULT.disagreement == pytest.approx(0.05 / 0.55)
    assert Result(TINY, {BARE: SERIES[BARE]}).disagreement == 0.0


def test_a_row_has_a_cell_for_each_column() -> None:
    contenders = (BARE, PURE, FUSED, FOREACH, ABSENT, SKLEARN)
    names, rule = header(contenders).splitlines()
    cells = row(RESULT, contenders).split(" | ")
    assert len(names.split(" | ")) == rule.count("---|") == len(cells)
    ratios = ("2.00 (1.50 to 2.50)", "0.50 (0.50 to 1.75)", "missing", "")
    assert cells == ["| small 6-5-4-3", *ratios, "2e+03", "40", "300", "missing", "9e-02 |"]
    assert list(measure(TINY, [PURE, ABSENT], rounds=1).series) == [PURE]


def test_pictures_show_ratios_and_growth() -> None:
    jobs = [attrs.evolve(TINY, name="width", size=size) for size in (2, 20, 200)]
    grown = [Result(job, {PURE: Series((job.size**2,), 1.0)}) for job in jobs]
    ratios, _, width, _ = picture([RESULT, *grown]).axes
    assert [label.get_text() for label in ratios.get_yticklabels()] == ["small 6-5-4-3"]
    _, labels = width.get_legend_handles_labels()
    assert labels == ["purenn: slope 2.00"]


def test_the_command_prints_a_table_and_draws_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "benchmark.png"
    benchmark.main(["--workloads", "small", "--rounds", "1", "--plot", str(plot)])
    _, _, line, _, facts = capsys.readouterr().out.splitlines()
    assert line.startswith("| small 64-32-10 | ")
    assert facts.startswith("Medians and quartiles over 1 rounds. ")
    assert f"numpy {np.__version__}" in facts
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_layers_are_compared_with_the_faster_of_a_peers_orders() -> None:
    fast, own, slow = (partial(sleep, seconds) for seconds in (0.002, 0.02, 0.05))
    cells = layer_row(Case("conv(2, 3)", (4, 5), own, (slow, fast)), 3).split(" | ")
    assert cells[:2] == ["| conv(2, 3)", "(4, 5)"]
    assert 20_000 <= int(cells[2]) < 200_000
    assert 2.0 < float(cells[3].split()[0]) <= 11.0


def test_layers_need_pytorch(capsys: pytest.CaptureFixture[str]) -> None:
    if find_spec("torch") is None:
        with pytest.raises(PurennError, match="PyTorch is not installed: --help says how"):
            compare_layers.main([])
    else:
        compare_layers.main(["--layers", "linear", "embedding", "--rounds", "1"])
        header, _, *rows, _, facts = capsys.readouterr().out.splitlines()
        assert (len(rows), {line.count(" | ") for line in (header, *rows)}) == (2, {3})
        assert facts.startswith("Medians and quartiles over 1 rounds. ")
