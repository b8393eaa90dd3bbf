"""States to save, and all that there is to see of a state or a folder."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np

import purenn as nn
from purenn.checkpoints.entries import entries

MODEL = nn.linear(3) >> nn.tanh() >> nn.linear(1)
OPTIMIZER = nn.Optimizer(
    nn.clip_by_global_norm(1.0) >> nn.skip_nonfinite(2, nn.momentum(0.9) >> nn.learning_rate(0.1))
)


State = nn.OptimizerState[
    tuple[nn.Linear, nn.Empty, nn.Linear],
    tuple[nn.Norm, nn.Skipping[tuple[nn.Velocity, nn.Empty]]],
]


def trained(steps: int) -> State:
    x = nn.Key(1).generator().normal(size=(8, 2)).astype(np.float32)
    data = nn.dataset(x, x[:, :1] * x[:, 1:])
    params, _ = MODEL.init(nn.Key(2), (2,))
    step = nn.training_step(MODEL, nn.mean_squared_error(), OPTIMIZER)
    batches = [batch for e in range(steps) for batch in nn.shuffled_batches(data, 8, nn.Key(3), e)]
    state, _ = nn.fold(step, OPTIMIZER.init(params), batches)
    return state


@attrs.frozen(eq=False)
class Pair:
    left: object
    right: object


def leaves_as_text(tree: object) -> list[str]:
    """All that there is to see of a tree's leaves."""
    found = entries(tree)
    return [
        f"{entry} {leaf.tobytes().hex() if isinstance(leaf, np.ndarray) else repr(leaf)}"
        for entry, leaf in found
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
