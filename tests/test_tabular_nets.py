"""The nets and optimizers for tables, against the recipe that they are made from."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from contracts import bits, normal

import purenn as nn
from purenn.arrays import Matrix
from purenn.estimators import Classifier, Regressor
from purenn.estimators._columns import Layout
from purenn.estimators._networks import CLASSIFICATION, REGRESSION, Recipe, full, simple
from purenn.testing import check_layer, check_optimizer
from purenn.tree import leaves, paths

KEY, LAYOUT = nn.Key(0), Layout(2, 3, (9, 4))
X: Matrix = np.concatenate([normal(0, 64, 5), np.arange(128).reshape(64, 2) % 4], axis=1)
SIMPLE, FULL = simple(CLASSIFICATION, 3, (8, 8)), full(REGRESSION, LAYOUT, 1, (8, 8))


@pytest.mark.parametrize("kind", [Classifier, Regressor])
def test_the_sizes_are_those_of_the_paper(kind: type[Classifier | Regressor]) -> None:
    options, table = kind().get_params(), [[f"t{row % 8}", f"u{row % 9}"] for row in range(40)]
    assert [options[name] for name in ("epochs", "batch_size", "validation")] == [256, 256, 0.2]
    net = kind(preset="full", epochs=1).fit(table, [0, 1] * 20)
    assert net.columns_.layout == Layout(0, 8, (10,))
    shapes = [leaf.shape for leaf in leaves(net.params_) if leaf.ndim == 2]
    assert shapes[:-1] == [(10, 8), (16, 256), (256, 256), (256, 256)]


@pytest.mark.parametrize("recipe", [SIMPLE, FULL])
def test_recipes_give_layers_and_optimizers_like_others(recipe: Recipe) -> None:
    check_layer(recipe.net(0.0), X)
    check_optimizer(recipe.optimizer(0.0, 100), recipe.net(0.0).init(KEY, X))
    same: Recipe = pickle.loads(pickle.dumps(recipe))  # noqa: S301
    assert same.net(0.3) == recipe.net(0.3)
    assert same.optimizer(0.3, 100) == recipe.optimizer(0.3, 100)


def test_the_simple_net_computes_what_the_paper_says() -> None:
    params = SIMPLE.net(0.0).init(KEY, X)
    scale, *parts = leaves(params)
    assert scale.tolist() == [1.0] * 7
    assert not parts[-2].any()
    assert not parts[-1].any()
    moved = nn.map_leaves(lambda leaf: leaf + 0.5, params)
    scale, *parts = leaves(moved)
    y: nn.arrays.Array = X * scale
    for number, (weight, bias) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        y = y @ weight / np.sqrt(y.shape[1]) + bias
        if number < 2:
            y = 1.0507009873554805 * np.where(y > 0, y, 1.6732632423543772 * np.expm1(y))
    np.testing.assert_allclose(SIMPLE.net(0.5).apply(moved, X), y)


def moves(recipe: Recipe, progress: float, steps: int | None = 30) -> dict[str, float]:
    """How far two steps move the leaves, whose entries and slopes are all 1.

    The first of 30 has the rate 0, and Adam divides slopes that are always the same by their size.
    """
    ones = nn.map_leaves(np.ones_like, recipe.net(0.0).init(KEY, X))
    optimizer = recipe.optimizer(progress, steps)
    state = optimizer.init(ones)
    for _ in range(2):
        state, _ = optimizer.update(state, ones)
    found = zip(paths(ones), leaves(state.params), strict=True)
    return {path: 1.0 - leaf.item(0) for path, leaf in found}


def rate(base: float) -> float:
    found: float = base * (0.5 - 0.5 * np.cos(2 * np.pi * np.log2(1.5)))
    return found


def test_scales_learn_fast_and_biases_slowly() -> None:
    for path, move in moves(SIMPLE, 0.0).items():
        factor = {"scale": 6.0, "bias": 0.1}.get(path.rpartition(".")[2], 1.0)
        assert move == pytest.approx(rate(0.04) * factor, rel=1e-6)
        constant = moves(SIMPLE, 0.0, None)[path]  # half the base, twice
        assert constant == pytest.approx(0.04 * factor, rel=1e-6)
    assert moves(SIMPLE, 1.0) == moves(SIMPLE, 0.0)


@pytest.mark.parametrize(("progress", "share"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0)])
def test_the_full_optimizer_decays_all_but_biases_for_half_of_the_training(
    progress: float, share: float
) -> None:
    for path, move in moves(FULL, progress).items():
        name, is_of_numbers = path.rpartition(".")[2], path.startswith("0.") and "table" not in path
        is_slow = is_of_numbers or name in {"bias", "share"}
        factor = 6.0 if name == "scale" else 0.1 if is_slow else 1.0
        decay = 0.0 if name == "bias" and not is_of_numbers else 0.02 * share * factor
        assert move == pytest.approx(rate(0.2) * factor * (1.0 + decay), rel=1e-6), path


@pytest.mark.parametrize(
    ("layout", "width"),
    [(Layout(2, 0, ()), 8), (Layout(0, 3, ()), 3), (Layout(0, 0, (4,)), 8), (LAYOUT, 8 + 3 + 16)],
)
def test_the_full_net_embeds_numbers_and_symbols(layout: Layout, width: int) -> None:
    x = np.ones((5, layout.width), np.float32)
    net = full(CLASSIFICATION, layout, 3, (8,)).net(0.0)
    params = net.init(KEY, x)
    found = zip(paths(params), leaves(params), strict=True)
    assert [leaf.shape for path, leaf in found if path.endswith(".scale")] == [(width,)]
    assert net.apply(params, x).shape == (5, 3)


def test_dropout_ends_with_the_training() -> None:
    params = FULL.net(0.0).init(KEY, X)
    dropping, ending = (FULL.net(progress).vjp(params, X, KEY)[0] for progress in (0.5, 1.0))
    assert bits(ending) == bits(FULL.net(0.0).apply(params, X)) != bits(dropping)
