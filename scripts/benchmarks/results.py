"""What came out: series of step times, and the ratios that count."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import cattrs
import numpy as np

from benchmarks.contenders import TORCH, TORCH_FOREACH, TORCH_FUSED
from benchmarks.machine import Machine
from benchmarks.workloads import Workload


@attrs.frozen
class Series:
    """What one contender did.

    Args:
        seconds: of one step, in each round.
        peak_bytes: the most memory that its process had.
        check: its first losses, or its first answer; empty if it has none.
    """

    seconds: tuple[float, ...]
    peak_bytes: int
    check: tuple[float, ...]


@attrs.frozen
class Result:
    """A workload, what each contender made of it, and the contenders that are missing here."""

    workload: Workload
    series: dict[str, Series]
    missing: tuple[str, ...]

    @property
    def first(self) -> str:
        """The contender that ratios refer to."""
        return next(iter(self.series))


@attrs.frozen
class Growth:
    """What was measured while one size grew and all others stayed.

    Args:
        axis: what grows.
        sizes: its values.
        results: one for each of them.
    """

    axis: str
    sizes: tuple[int, ...]
    results: tuple[Result, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The contenders that were measured."""
        return tuple(self.results[0].series)

    def times(self, name: str) -> tuple[float, ...]:
        """The median seconds of a contender's step at each size."""
        return tuple(spread(result.series[name].seconds).median for result in self.results)

    def peaks(self, name: str) -> tuple[float, ...]:
        """The peak memory of a contender's process at each size, in MiB."""
        return tuple(result.series[name].peak_bytes / 2**20 for result in self.results)


@attrs.frozen
class Processes:
    """Figures of whole processes.

    Args:
        imports: the seconds of an import in a process of its own, by module, in each round.
        sizes: the bytes of an installation with all that it needs, by name.
    """

    imports: dict[str, tuple[float, ...]]
    sizes: dict[str, int]


@attrs.frozen
class Report:
    """A whole run, or as much of it as was asked for."""

    machine: Machine
    rounds: int
    results: tuple[Result, ...] = ()
    growth: tuple[Growth, ...] = ()
    processes: tuple[Processes, ...] = ()


@attrs.frozen
class Spread:
    """A median and its quartiles."""

    lower: float
    median: float
    upper: float


def spread(values: tuple[float, ...]) -> Spread:
    """The median and the quartiles of some values."""
    lower, median, upper = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(lower, median, upper)


def ratio(result: Result, name: str, to: str) -> Spread:
    """How much longer one contender takes than another, by rounds."""
    pairs = zip(result.series[name].seconds, result.series[to].seconds, strict=True)
    return spread(tuple(mine / others for mine, others in pairs))


def best_torch(result: Result) -> str | None:
    """PyTorch's faster mode here."""
    present = [name for name in (TORCH, TORCH_FUSED, TORCH_FOREACH) if name in result.series]
    return min(present, key=lambda name: ratio(result, name, result.first).median, default=None)


def disagreement(result: Result, index: int) -> float:
    """How far apart contenders are: the largest relative difference of a number that they check.

    For training that is the loss of a step, for inference a logit of the first sample.
    """
    checked = [series.check[index] for series in result.series.values() if series.check]
    return (max(checked) - min(checked)) / max(map(abs, checked))


def joined(first: Report, second: Report) -> Report:
    """The parts of two reports in one."""
    return attrs.evolve(
        first,
        results=first.results + second.results,
        growth=first.growth + second.growth,
        processes=first.processes + second.processes,
    )


def write(report: Report, path: Path) -> None:
    """Write a run as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(cattrs.unstructure(report), indent=1) + "\n")


def read(path: Path) -> Report:
    """Read what `write` wrote."""
    return cattrs.structure(json.loads(path.read_text()), Report)


def slope(sizes: tuple[int, ...], values: tuple[float, ...]) -> float:
    """The power of the size that the values grow with: the slope of the line through their logs.

    >>> slope((10, 100, 1000), (0.5, 5.0, 50.0))
    1.0
    """
    x, y = np.log10(sizes), np.log10(values)
    x -= x.mean()
    return round(float(x @ y / (x @ x)), 3)
