"""Jobs in which one size grows over two orders of magnitude, while all others stay."""

from __future__ import annotations

from itertools import pairwise

import attrs

from benchmarks.contenders import JAX, PURENN, TORCH_FUSED
from benchmarks.workloads import Workload

# Those whose growth is compared; ratios refer to the first.
NAMES = (PURENN, TORCH_FUSED, JAX)

# How many multiplications make a turn of about a tenth of a second, and how many steps it may have.
TURN = 3e9
FEWEST, MOST = 5, 200


@attrs.frozen
class Axis:
    """One size that grows.

    Args:
        name: what grows.
        sizes: its values.
        workloads: one for each of them.
    """

    name: str
    sizes: tuple[int, ...]
    workloads: tuple[Workload, ...]


def axes() -> tuple[Axis, ...]:
    """The batch, the width of the hidden layers, and how many there are of them."""
    return (
        _axis("batch", {batch: ((784, 256, 10), batch) for batch in (16, 50, 160, 500, 1600)}),
        _axis(
            "width", {width: ((784, width, width, 10), 128) for width in (20, 63, 200, 632, 2000)}
        ),
        _axis("depth", {depth: ((128, *(128,) * depth, 10), 128) for depth in (1, 3, 10, 32, 100)}),
    )


def _axis(name: str, nets: dict[int, tuple[tuple[int, ...], int]]) -> Axis:
    return Axis(name, tuple(nets), tuple(_workload(name, *net) for net in nets.values()))


def _workload(name: str, widths: tuple[int, ...], batch: int) -> Workload:
    products = 3 * batch * sum(inputs * outputs for inputs, outputs in pairwise(widths))
    steps = min(max(FEWEST, round(TURN / products)), MOST)
    return Workload(f"growth of the {name}", widths, batch, 8 * batch, steps)
