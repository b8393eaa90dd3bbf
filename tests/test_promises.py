"""What the pieces promise together: values that stay, models that are told again, averages kept."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import purenn as nn
from purenn import layers, optimizers, runs, schedules
from purenn.testing import ContractError, check_loss

KEY = nn.Key(0)
X: nn.Matrix = KEY.generator().standard_normal((64, 3)).astype(np.float32)
DATA = nn.dataset(X, (X[:, 0] > 0).astype(np.int64))
MODEL = nn.linear(4) >> nn.relu() >> nn.linear(2)
LOSS = nn.softmax_cross_entropy()
Params = tuple[nn.Linear, nn.Empty, nn.Linear]


def leaky(x: nn.Matrix, slope: float) -> nn.Matrix:
    return np.where(x > 0, x, slope * x)


def leaky_cotangent(y: nn.Matrix, dy: nn.Matrix, slope: float) -> nn.Matrix:
    return np.where(y > 0, dy, slope * dy)


def test_functions_with_arguments_are_part_of_what_a_model_says() -> None:
    def model(slope: float) -> nn.Layer[nn.Empty, nn.Matrix, nn.Matrix]:
        return layers.activation(partial(leaky, slope=slope), partial(leaky_cotangent, slope=slope))

    assert repr(model(0.5)).startswith("activation(partial(leaky, slope=0.5), ")
    again: object = pickle.loads(pickle.dumps(model(0.5)))  # noqa: S301  what it has just written
    assert again == model(0.5) != model(0.25)
    assert model(0.5).apply(nn.tree.EMPTY, -X[:1]) == pytest.approx(np.where(X < 0, -X, X / -2)[:1])


def test_leaves_that_are_mapped_or_given_stay_as_they_are() -> None:
    layer = nn.batch_norm()
    params = nn.map_leaves(lambda leaf: leaf * 1.0, layer.init(KEY, X))
    assert not any(leaf.flags.writeable for leaf in nn.tree.leaves(params))
    mean = np.zeros(3, np.float32)
    given = layers.BatchNorm(mean + 1, mean, nn.Frozen(mean), nn.Frozen(mean + 1))
    mean[0] = 50.0
    assert not given.mean.value.any()


@pytest.mark.parametrize(
    "optimizer",
    [optimizers.averaged(nn.sgd(0.1), 0.9), optimizers.stochastic_weight_averaging(nn.sgd(0.1), 3)],
)
def test_the_best_of_averages_is_what_was_measured(
    optimizer: nn.Optimizer[optimizers.Averaged[object]], tmp_path: Path
) -> None:
    state = optimizer.init(MODEL.init(KEY, X))
    step, batches = nn.training_step(MODEL, LOSS, optimizer), partial(nn.shuffled_batches, DATA, 32)

    def measure(end: runs.Progress[Params, optimizers.Averaged[object]]) -> dict[str, float]:
        return {"loss": nn.evaluate(MODEL, optimizers.evaluation_params(end.state), DATA, LOSS)}

    with runs.start(tmp_path, runs.Config("a", {})) as run:
        start = runs.begin(run, state, repr(MODEL), KEY)
        *_, end = runs.train(run, start, step, batches, 4, measure, best=runs.best("loss"))
    kept = nn.load(run.best, like=state.params)
    assert nn.evaluate(MODEL, kept, DATA, LOSS) == min(record["loss"] for record in end.records)


def test_rates_may_grow() -> None:
    rates = schedules.exponential(1e-5, 1e6, 100)
    assert (rates(0), rates(100)) == pytest.approx((1e-5, 10.0))


def contrastive(
    pair: tuple[nn.Matrix, nn.Matrix], same: nn.Matrix
) -> tuple[float, tuple[nn.Matrix, nn.Matrix]]:
    gap: nn.Matrix = pair[0] - pair[1]
    slope: nn.Matrix = same * gap / gap.size
    return float((same * gap**2).sum() / (2 * gap.size)), (slope, -slope)


def test_losses_of_pairs_are_checked() -> None:
    one, other = KEY.generator().standard_normal((2, 8, 3))
    check_loss(contrastive, (one, other), np.ones((8, 1)))
    with pytest.raises(ContractError, match="The slope of prediction"):
        check_loss(lambda pair, same: (contrastive(pair, same)[0], pair), (one, other), one)
