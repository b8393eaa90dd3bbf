"""Pictures of runs: functions that return a Figure, and `png`, which turns one into a file.

They need neither a display nor the global state of pyplot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, MaxNLocator

from console import column
from purenn import Labels, Matrix, files, runs
from purenn.text import inert

# Okabe and Ito's colors, which people tell apart whatever their color vision; brown for yellow.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8B5A2B", "#000000")
STYLES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")
LEGEND_INSIDE = 6  # lines; the legend of more stands beside the picture
DOTS_PER_INCH = 150
GRID_POINTS = 400

Scale = Literal["linear", "log"]


@attrs.frozen
class Curve:
    """A quantity by epoch, counted from 1; or what several runs came to, over what it took."""

    label: str
    values: Sequence[float]
    places: Sequence[float] = attrs.field()

    @places.default
    def _all_epochs(self) -> Sequence[float]:
        return range(1, 1 + len(self.values))


@attrs.frozen(eq=False)
class Boundary:
    """What a classifier of points (samples, 2) makes of the plane.

    `classify` gives the probabilities of the classes, (n, classes), of any n points.
    """

    title: str
    points: Matrix
    labels: Labels
    classify: Callable[[Matrix], Matrix]


def png(figure: Figure) -> bytes:
    """A figure as a PNG file: equal figures give equal bytes."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def write(path: Path, figure: Figure) -> None:
    """Write a figure to a PNG file; its folder is created if missing."""
    files.make_folder(files.expanded(path).parent)
    files.write(path, png(figure))


def blank(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, which keeps its parts from overlapping."""
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    return figure


def curves(
    title: str,
    quantity: str,
    lines: Sequence[Curve],
    marks: Sequence[Curve] = (),
    scale: Scale = "linear",
) -> Figure:
    """A quantity over the epochs, one line for each curve; a single point as a dot.

    There are 32 styles of lines. Marks, such as published values to compare with, are rings.
    """
    beside = len(lines) + len(marks) > LEGEND_INSIDE
    figure = blank(11 if beside else 8, 4.5)
    axes = _labeled(figure, "epoch", quantity)
    for number, curve in enumerate(lines):
        label, color = _plain(curve.label), COLORS[number % len(COLORS)]
        (line,) = axes.plot(curve.places, curve.values, color=color, linewidth=1.8, label=label)
        line.set_linestyle(STYLES[number // len(COLORS) % len(STYLES)])
        line.set_marker("o" if len(curve.values) == 1 else "")
    for curve in marks:
        label = _plain(curve.label)
        (rings,) = axes.plot(curve.places, curve.values, "o", color="#D55E00", label=label)
        rings.set(markerfacecolor="none", markersize=7, markeredgewidth=1.4)
    axes.set_title(title, fontsize=14, pad=10)
    axes.set_yscale(scale)
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if beside:
        axes.legend(fontsize=11, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    else:
        axes.legend(fontsize=11, framealpha=0.9)
    return figure


def scattered(x: str, y: str, clouds: Sequence[Curve]) -> Figure:
    """Points over a logarithmic axis, each cloud in a color and with its name beside it."""
    figure = blank(8, 4.5)
    axes = _labeled(figure, x, y)
    for number, cloud in enumerate(clouds):
        color, label = COLORS[number % len(COLORS)], _plain(cloud.label)
        axes.scatter(cloud.places, cloud.values, s=36, color=color, alpha=0.7, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.legend(fontsize=11, framealpha=0.9)
    return figure


def _labeled(figure: Figure, x: str, y: str) -> Axes:
    axes = figure.add_subplot()
    axes.set_xlabel(x, fontsize=12)
    axes.set_ylabel(y, fontsize=12)
    axes.grid(color="#DDDDDD", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _plain(label: str) -> str:
    """A label that is shown as it is: "$" begins a formula, and with "_" it would be left out."""
    return f"{' ' * label.startswith('_')}{inert(label)}".replace("$", r"\$")


def draw_records(folder: Path, records: tuple[runs.Record, ...]) -> None:
    """Write loss.png and accuracy.png: all losses and accuracies by epoch."""
    for quantity in ("loss", "accuracy"):
        names = [name for name in records[0] if name.endswith(quantity)]
        lines = [
            Curve(name.rpartition("_")[0] or "training", column(records, name)) for name in names
        ]
        write(folder / f"{quantity}.png", curves(quantity.capitalize(), quantity, lines))


def boundaries(*pictures: Boundary) -> Figure:
    """The plane in the colors of the classes, with the points, for each classifier side by side.

    The stronger the color, the surer the classifier; where it changes its mind there is a line.
    """
    figure = blank(5.6 * len(pictures), 5.8)
    for number, boundary in enumerate(pictures, start=1):
        _draw_boundary(figure.add_subplot(1, len(pictures), number), boundary)
    return figure


def _draw_boundary(axes: Axes, boundary: Boundary) -> None:
    limit = 1.08 * float(np.abs(boundary.points).max())
    side = np.linspace(-limit, limit, GRID_POINTS)
    x, y = np.meshgrid(side, side)
    grid: Matrix = np.stack([x.ravel(), y.ravel()], axis=1).astype(boundary.points.dtype)
    probabilities = boundary.classify(grid)
    colors = [COLORS[label % len(COLORS)] for label in range(probabilities.shape[1])]
    palette = np.array(list(map(to_rgb, colors)))
    mixture = (0.5 + 0.5 * (1.0 - probabilities @ (1.0 - palette))).clip(0.0, 1.0)
    picture, extent = mixture.reshape(*x.shape, 3), (-limit, limit, -limit, limit)
    axes.imshow(picture, extent=extent, origin="lower", interpolation="bilinear")
    for label, color in enumerate(colors):
        lead = probabilities[:, label] - np.delete(probabilities, label, axis=1).max(axis=1)
        if lead.min() < 0.0 < lead.max():
            axes.contour(x, y, lead.reshape(x.shape), levels=[0.0], colors="k", linewidths=0.8)
        across, up = boundary.points[boundary.labels == label].T
        dots = axes.scatter(across, up, s=22, color=color, label=f"class {label}", zorder=3)
        dots.set(edgecolors="white", linewidths=0.6)
    axes.set_title(boundary.title, fontsize=14, pad=10)
    axes.legend(fontsize=11, loc="upper right", framealpha=0.9)
    axes.set_aspect("equal")
