"""Results as pictures."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.contenders import CONTENDERS, PURENN
from benchmarks.results import Growth, Report, Result, ratio, slope
from figures import COLOURS, blank

COLUMNS = 3
BLUE, ORANGE, GREEN, PINK, RED, *_ = COLOURS
COLOUR = dict(zip(CONTENDERS, ("#999999", BLUE, RED, RED, ORANGE, GREEN, GREEN, PINK), strict=True))


def picture(report: Report) -> Figure:
    """A bar chart for each workload, and lines of time and memory for each size that grows."""
    bars = -(-len(report.results) // COLUMNS)
    rows = bars + 2 * bool(report.growth)
    figure = blank(5 * COLUMNS, 3.2 * rows)
    for number, result in enumerate(report.results, 1):
        _bars(figure.add_subplot(rows, COLUMNS, number), result)
    for number, growth in enumerate(report.growth, 1):
        _times(figure.add_subplot(rows, COLUMNS, COLUMNS * bars + number), growth)
        _peaks(figure.add_subplot(rows, COLUMNS, COLUMNS * (bars + 1) + number), growth)
    return figure


def _bars(axes: Axes, result: Result) -> None:
    """The time of each contender as a multiple of purenn's, with its quartiles."""
    names = list(reversed(result.series))
    spreads = [ratio(result, name, PURENN) for name in names]
    medians = [spread.median for spread in spreads]
    lower = [spread.median - spread.lower for spread in spreads]
    upper = [spread.upper - spread.median for spread in spreads]
    axes.barh(
        names, medians, xerr=(lower, upper), color=[COLOUR[name] for name in names], capsize=3
    )
    for name, median, above in zip(names, medians, upper, strict=True):
        axes.annotate(
            f"{median:.2f}",
            (median + above, name),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_xlim(0.0, 1.25 * max(spread.upper for spread in spreads))
    axes.set_title(f"{result.workload.name}: {result.workload.net}")
    axes.set_xlabel("time, as a multiple of purenn's")


def _times(axes: Axes, growth: Growth) -> None:
    for name in growth.names:
        times = [1e3 * value for value in growth.times(name)]
        label = f"{name}: slope {slope(growth.sizes, growth.times(name)):.2f}"
        axes.loglog(growth.sizes, times, "o-", color=COLOUR[name], label=label)
    axes.set_title(f"growth with the {growth.axis}")
    _label(axes, growth, "ms of a step")


def _peaks(axes: Axes, growth: Growth) -> None:
    for name in growth.names:
        axes.semilogx(growth.sizes, growth.peaks(name), "o-", color=COLOUR[name], label=name)
    axes.set_ylim(bottom=0.0)
    _label(axes, growth, "peak memory, MiB")


def _label(axes: Axes, growth: Growth, quantity: str) -> None:
    axes.set_xlabel(growth.axis)
    axes.set_ylabel(quantity)
    axes.grid(color="#DDDDDD", linewidth=0.8)
    axes.legend(fontsize="small")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
