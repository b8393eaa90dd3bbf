"""Results as a table in Markdown and as a picture, and the machine that they were measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import get_args

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.contenders import JAX, PURENN, TORCH, Contender
from benchmarks.turns import Result, Series, measure_calls
from benchmarks.workloads import Axis
from purenn.kernels.processor import cores
from purenn.runs import environment

MEMORY = {"MiB, purenn": PURENN, "MiB, PyTorch": TORCH, "MiB, JAX": JAX}
FACTS = ("cpu", "os", "python", "numpy", "blas", "blas_kernel", "purenn", "commit")
LIBRARIES = (
    *("torch", "jax", "optax", "scikit-learn", "thinc"),
    *("skorch", "pytabkit", "lightgbm", "pandas"),
)
RATIO = "{1:.2f} ({0:.2f} to {2:.2f})"  # of the quartiles
LAYERS = "| layer | shape | µs | purenn's time ÷ PyTorch's |\n|---|---|---|---|"
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def header(contenders: Sequence[Contender]) -> str:
    """The first two lines of the table."""
    names = ["purenn's time ÷", *_others(contenders), "ms a step", *MEMORY, "difference"]
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}"


def row(result: Result, contenders: Sequence[Contender]) -> str:
    """The line of a result."""

    def cell(column: str, text: Callable[[Series], str]) -> str:
        series = result.fastest(column)
        own = [each for each in contenders if each.column == column]
        taking = any(result.workload.kind in each.kinds for each in own)
        return text(series) if series else "missing" if taking else ""

    def ratio(other: Series) -> str:
        return RATIO.format(*result.own.ratio(other))

    ratios = [cell(column, ratio) for column in _others(contenders)]
    peaks = [cell(column, lambda series: f"{series.peak:.0f}") for column in MEMORY.values()]
    time, difference = f"{1e3 * result.own.time:.3g}", f"{result.disagreement:.0e}"
    return f"| {' | '.join([result.workload.title, *ratios, time, *peaks, difference])} |"


@attrs.frozen
class Case:
    """A layer, forward and all cotangents, in purenn and in PyTorch."""

    name: str
    shape: tuple[int, ...]
    own: Callable[[], object]
    others: tuple[Callable[[], object], ...]  # in each order of memory that PyTorch knows


def layer_row(case: Case, rounds: int) -> str:
    """The line of a layer, measured."""
    own, *others = measure_calls((case.own, *case.others), rounds)
    ratio = max((own.ratio(other) for other in others), key=lambda found: found[1])
    cells = case.name, str(case.shape), f"{1e6 * own.time:.0f}", RATIO.format(*ratio)
    return f"| {' | '.join(cells)} |"


def _others(contenders: Sequence[Contender]) -> list[str]:
    return [name for name in dict.fromkeys(each.column for each in contenders) if name != PURENN]


def machine() -> str:
    """The processor and its caches, the system, and the versions of all libraries."""
    known = environment()
    facts = [f"{name} {known[name]}" for name in FACTS if name in known]
    caches = [(place / "size").read_text().strip() for place in sorted(CACHES.glob("index*"))]
    versions = [f"{each.name} {each.version}" for each in distributions() if each.name in LIBRARIES]
    return ", ".join((f"{cores()} cores", *facts, f"caches {' '.join(caches)}", *versions))


def picture(results: Sequence[Result]) -> Figure:
    """The ratios with their quartiles, and the time of a step as one size grows."""
    figure = Figure(figsize=(13, 9), layout="constrained")
    _ratios(figure.add_subplot(2, 3, (1, 3)), [each for each in results if not each.workload.size])
    for number, axis in enumerate(get_args(Axis), 4):
        axes = figure.add_subplot(2, 3, number)
        axes.set(xlabel=axis, ylabel="ms of a step", xscale="log", yscale="log")
        _growth(axes, [each for each in results if each.workload.name == axis])
    return figure


def _colors(results: Sequence[Result]) -> dict[str, str]:
    return {each.column: each.color for result in results for each in result.series}


def _ratios(axes: Axes, results: Sequence[Result]) -> None:
    for number, (column, color) in enumerate(_colors(results).items()):
        points = [
            (place + 0.12 * number, *each.own.ratio(series))
            for place, each in enumerate(results)
            if (series := each.fastest(column))
        ]
        y, low, median, high = np.transpose(points)
        error = (median - low, high - median)
        axes.errorbar(median, y, xerr=error, fmt="o", capsize=3, color=color, label=column)
    axes.set(xlabel="purenn's time ÷", xscale="log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_yticks(range(len(results)), [each.workload.title for each in results])
    axes.invert_yaxis()
    axes.legend(ncols=6, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _growth(axes: Axes, results: Sequence[Result]) -> None:
    sizes = [each.workload.size for each in results]
    for column, color in _colors(results).items():
        times = [1e3 * series.time for each in results if (series := each.fastest(column))]
        power, _ = np.polyfit(np.log(sizes), np.log(times), 1)
        axes.plot(sizes, times, "o-", color=color, label=f"{column}: slope {power:.2f}")
        axes.legend()
    axes.minorticks_off()
    axes.set_xticks(sizes, [str(size) for size in sizes])
