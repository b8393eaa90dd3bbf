"""Pictures of runs: functions that give a Figure, and `png`, which makes a file of one.

They draw on figures of their own and need neither a display nor the global state of pyplot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Literal

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, MaxNLocator

from purenn import Labels, Matrix

# Okabe and Ito's colours, which people tell apart whatever their colour vision.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442", "#000000")
DOTS_PER_INCH = 150
GRID_POINTS = 400

Classify = Callable[[Matrix], Matrix]
Scale = Literal["linear", "log"]


@attrs.frozen
class Curve:
    """A quantity by epoch.

    Args:
        label: what the legend calls it.
        epochs: where it was measured.
        values: one for each of these epochs.
    """

    label: str
    epochs: Sequence[float]
    values: Sequence[float]


@attrs.frozen(eq=False)
class Boundary:
    """What a classifier of points in the plane makes of it.

    Args:
        title: stands above the picture.
        points: the samples, (samples, 2).
        labels: their classes, (samples,).
        classify: gives the probabilities of the classes, (n, classes), of any n points.
    """

    title: str
    points: Matrix
    labels: Labels
    classify: Classify


def png(figure: Figure) -> bytes:
    """A figure as a PNG file: equal figures give equal bytes."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


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
    """A quantity over the epochs, one line for each curve.

    Args:
        title: stands above the picture.
        quantity: what the vertical axis shows.
        lines: curves that are drawn as lines.
        marks: curves that are drawn as rings, such as published values to compare with.
        scale: of the vertical axis.
    """
    figure = blank(8, 4.5)
    axes = figure.add_subplot()
    for number, curve in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(curve.epochs, curve.values, color=colour, linewidth=1.8, label=curve.label)
    for curve in marks:
        axes.plot(
            curve.epochs,
            curve.values,
            linestyle="none",
            marker="o",
            markersize=7,
            markerfacecolor="none",
            markeredgecolor="#D55E00",
            markeredgewidth=1.4,
            label=curve.label,
        )
    _label_curves(axes, title, quantity, scale)
    return figure


def _label_curves(axes: Axes, title: str, quantity: str, scale: Scale) -> None:
    axes.set_title(title, fontsize=14, pad=10)
    axes.set_xlabel("epoch", fontsize=12)
    axes.set_ylabel(quantity, fontsize=12)
    axes.set_yscale(scale)
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color="#DDDDDD", linewidth=0.8)
    axes.legend(fontsize=11, framealpha=0.9)
    axes.spines[["top", "right"]].set_visible(False)


def boundaries(*pictures: Boundary) -> Figure:
    """The plane in the colours of the classes, with the points, for each classifier side by side.

    The stronger the colour, the surer the classifier; where it changes its mind there is a line.
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
    classes = probabilities.shape[1]
    palette = np.array([to_rgb(COLOURS[label % len(COLOURS)]) for label in range(classes)])
    mixture = (0.5 + 0.5 * (1.0 - probabilities @ (1.0 - palette))).clip(0.0, 1.0)
    shape = (GRID_POINTS, GRID_POINTS)
    extent = (-limit, limit, -limit, limit)
    axes.imshow(mixture.reshape(*shape, 3), extent=extent, origin="lower", interpolation="bilinear")
    for label in range(classes if classes > 2 else 1):
        lead = probabilities[:, label] - np.delete(probabilities, label, axis=1).max(axis=1)
        if lead.min() < 0.0 < lead.max():
            axes.contour(x, y, lead.reshape(shape), levels=[0.0], colors="black", linewidths=0.8)
    for label in range(classes):
        chosen = boundary.points[boundary.labels == label]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=22,
            color=COLOURS[label % len(COLOURS)],
            edgecolors="white",
            linewidths=0.6,
            label=f"class {label}",
        )
    axes.set_title(boundary.title, fontsize=14, pad=10)
    axes.legend(fontsize=11, loc="upper right", framealpha=0.9)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=10)
