"""The benchmark measures what it says, with all contenders that are installed."""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import attrs
import numpy as np
import pytest
from sample import sample

import benchmark
from benchmarks import growth, tables
from benchmarks.contenders import CONTENDERS, JAX, PRODUCTS, PURENN, SKLEARN, TORCH_FUSED, names
from benchmarks.machine import Machine, machine
from benchmarks.pictures import picture
from benchmarks.processes import closure, import_seconds, install_bytes
from benchmarks.products import Products
from benchmarks.results import (
    Growth,
    Processes,
    Report,
    Result,
    Series,
    best_torch,
    disagreement,
    joined,
    ratio,
    read,
    slope,
    spread,
    write,
)
from benchmarks.turns import Method, WorkerError, measure
from benchmarks.workloads import WORKLOADS, Workload, first_weights, samples
from figures import png

BRIEF = Method(rounds=2, pause=0.0, threads=1)
TINY = Workload("tiny", (6, 5, 4, 3), 8, 20, steps=2)
MACHINE = Machine("a processor", 2, 2, "Linux", "3.11", "openblas", {"numpy": "2.4"})
RESULT = Result(
    TINY,
    {
        PRODUCTS: Series((1.0, 2.0, 4.0), 0, ()),
        PURENN: Series((2.0, 2.0, 12.0), 40 * 2**20, (1.0, 0.5)),
        TORCH_FUSED: Series((4.0, 4.0, 4.0), 300 * 2**20, (1.0, 0.55)),
    },
    (JAX,),
)


def installed(contenders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in contenders if not CONTENDERS[name].is_missing)


def first_loss(workload: Workload) -> float:
    """The loss of the first batch, from the formulas."""
    inputs, labels = samples(workload)
    x, y = inputs[: workload.batch].astype(np.float64), labels[: workload.batch]
    *hidden, (last_weight, last_bias) = first_weights(workload)
    for weight, bias in hidden:
        z = x @ weight + bias
        x = np.where(z > 0, z, workload.slope * z)
    z = x @ last_weight + last_bias
    if workload.binary:
        sign = np.where(y == 1, 1.0, -1.0)
        return float(np.log1p(np.exp(-sign * z[:, 0])).mean())
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean())


@pytest.mark.parametrize("widths", [(6, 5, 4, 3), (6, 5, 1)])
def test_training_is_measured_and_all_contenders_do_the_same(widths: tuple[int, ...]) -> None:
    workload = attrs.evolve(TINY, widths=widths)
    rounds: list[int] = []
    result = measure(workload, names(workload), BRIEF, rounds.append)
    assert rounds == [1, 2]
    assert tuple(result.series) == installed(names(workload))
    assert {*result.series, *result.missing} == set(names(workload))
    assert all(len(series.seconds) == 2 for series in result.series.values())
    assert all(min(series.seconds) > 0.0 for series in result.series.values())
    losses = result.series[PURENN].check
    assert losses[0] == pytest.approx(first_loss(workload), rel=1e-5)
    assert losses[0] != losses[-1]
    assert disagreement(result, 0) < 1e-5
    assert disagreement(result, len(losses) - 1) < 1e-4


def test_inference_is_measured_and_all_contenders_answer_the_same() -> None:
    workload = attrs.evolve(TINY, kind="inference", slope=0.0)
    result = measure(workload, names(workload), BRIEF, lambda done: None)
    assert tuple(result.series) == installed(names(workload))
    assert SKLEARN in result.series
    assert max(disagreement(result, index) for index in range(3)) < 1e-5


def test_epochs_of_images_are_measured(tmp_path: Path) -> None:
    data = sample()
    np.save(tmp_path / "images.npy", data.train_images.reshape(-1, 784))
    np.save(tmp_path / "labels.npy", data.train_labels)
    workload = Workload("epoch", (784, 20, 10), 128, 2000, 1, "epoch", 0.0, str(tmp_path))
    result = measure(workload, names(workload), BRIEF, lambda done: None)
    assert tuple(result.series) == installed(names(workload))
    losses = {name: series.check for name, series in result.series.items() if series.check}
    assert set(losses) == {*result.series} - {PRODUCTS}
    assert disagreement(result, 0) < 1e-5
    assert all(values[-1] < values[0] for values in losses.values())


def test_a_contender_that_fails_says_how() -> None:
    workload = attrs.evolve(TINY, kind="epoch", folder="nowhere")
    with pytest.raises(WorkerError, match=r"(?s)purenn failed:.*nowhere/images.npy"):
        measure(workload, (PURENN,), BRIEF, lambda done: None)


def test_the_floor_is_three_products_a_layer_less_one() -> None:
    assert Products(TINY).count == 3 * 3 - 1
    assert Products(attrs.evolve(TINY, kind="inference")).count == 3


def test_workloads_are_those_that_the_command_line_names() -> None:
    assert [*(workload.name for workload in WORKLOADS), "growth", "processes"] == [*benchmark.NAMES]


@pytest.mark.parametrize("axis", growth.axes(), ids=lambda axis: axis.name)
def test_sizes_grow_over_two_orders_of_magnitude(axis: growth.Axis) -> None:
    assert axis.sizes[-1] / axis.sizes[0] >= 100
    assert all(small < large for small, large in pairwise(axis.sizes))
    weights = [sum(a * b for a, b in pairwise(job.widths)) * job.batch for job in axis.workloads]
    assert all(small < large for small, large in pairwise(weights))


def test_slope_is_the_power() -> None:
    assert slope((1, 10, 100), (3.0, 30.0, 300.0)) == pytest.approx(1.0)
    assert slope((1, 2, 4), (5.0, 20.0, 80.0)) == pytest.approx(2.0)


def test_ratios_are_taken_by_rounds() -> None:
    assert spread((1.0, 3.0, 2.0, 5.0, 4.0)).median == 3.0
    assert (spread((0.0, 4.0)).lower, spread((0.0, 4.0)).upper) == (1.0, 3.0)
    assert ratio(RESULT, PURENN, PRODUCTS).median == 2.0  # not the ratio of the medians
    assert best_torch(RESULT) == TORCH_FUSED
    assert disagreement(RESULT, 0) == 0.0
    assert disagreement(RESULT, 1) == pytest.approx(0.05 / 0.55)


def report() -> Report:
    grown = Growth("batch", (1, 10), (RESULT, RESULT))
    figures = Processes({"numpy": (0.1, 0.2), "purenn": (0.12, 0.24)}, {"purenn": 70 * 2**20})
    return Report(MACHINE, 3, (RESULT,), (grown,), (figures,))


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "benchmark.json"
    write(report(), path)
    assert read(path) == report()
    assert json.loads(path.read_text())["machine"]["cores"] == 2


def test_parts_are_joined() -> None:
    blank = Report(MACHINE, 3)
    assert joined(blank, report()) == report()
    assert joined(report(), report()).results == (RESULT, RESULT)


def test_pictures_are_drawn() -> None:
    assert len(picture(report()).axes) == 1 + 2
    assert png(picture(report())).startswith(b"\x89PNG")


def test_times_and_ratios_in_words() -> None:
    assert tables.seconds(2.5) == "2.5 s"
    assert tables.seconds(0.0123) == "12.3 ms"
    assert tables.seconds(4.2e-5) == "42 µs"
    assert tables.memory(0) == "unknown"
    assert tables.agreement(RESULT) == (
        "The contenders' losses number 1 differ by 0e+00, and those number 2 by 9e-02."
    )
    assert tables.markdown(report()).splitlines()[2] == (
        "| tiny | 2.00 (1.50 to 2.50) | 0.50 (0.50 to 1.75) |  |  |  |"
    )


def test_the_command_measures_writes_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / f"benchmark.{name}" for name in ("json", "png", "md")}
    options = f"--rounds 1 --pause 0 --threads 1 --json {files['json']}"
    assert benchmark.main(["--workload", "small", *options.split()]) == 0
    out = capsys.readouterr().out
    assert "small: 64-32-10, batch 32" in out
    for name in ("torch", "jax"):
        assert find_spec(name) or "missing" in out
    again = f"--show {files['json']} --plot {files['png']} --markdown {files['md']}"
    assert benchmark.main(again.split()) == 0
    assert "small: 64-32-10, batch 32" in capsys.readouterr().out
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    assert files["md"].read_text().splitlines()[2].startswith("| small | ")


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        benchmark.main(["--help"])
    assert "python scripts/benchmark.py --workload article small" in capsys.readouterr().out


def test_this_machine_is_described() -> None:
    here = machine(1)
    assert here.cores >= here.threads == 1
    assert here.processor
    assert here.blas
    assert here.versions["numpy"] == np.__version__


def test_imports_are_timed_and_installations_weighed() -> None:
    assert 0.0 < import_seconds("json") < import_seconds("numpy") < 60.0
    assert closure(("attrs",)) == {"attrs"}
    assert {"numpy", "scipy", "joblib"} < closure(("scikit-learn",))
    assert install_bytes(("attrs",)) < 2**20 < install_bytes(("numpy",))
    assert math.isfinite(install_bytes(("attrs",)))
