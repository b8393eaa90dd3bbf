"""A fold writes over states that it alone has, and nobody can tell."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import NamedTuple

import attrs
import numpy as np
import pytest
from contracts import S, bits, normal

import purenn as nn
from purenn import data, layers, optimizers, runs
from purenn.arrays import Array, Leaves
from purenn.kernels.blocks import Rule
from purenn.layers import Linear
from purenn.tree import leaves

STEPS = 6
Keeper = Callable[[Linear], object]
Net = tuple[Linear, nn.Empty, Linear, nn.Empty, Linear]
TrainSlots = tuple[nn.Empty, optimizers.Velocity]
TrainState = nn.State[Net, TrainSlots]
TrainBatch = data.Batch[nn.Matrix, nn.Matrix]


def watched(width: int, see: Keeper) -> nn.Layer[Linear, nn.Matrix, nn.Matrix]:
    """A linear layer of one's own that lets somebody see its parameters in each step."""
    inner = nn.linear(width)

    def vjp(
        params: Linear, x: nn.Matrix, key: nn.Key
    ) -> tuple[nn.Matrix, nn.Pullback[nn.Matrix, Linear, nn.Matrix]]:
        see(params)
        return inner.vjp(params, x, key)

    return nn.Layer(inner.init, inner.apply, vjp)


def net(see: Keeper = bool) -> nn.Layer[Net, nn.Matrix, nn.Matrix]:
    """One weight takes more than a block of memory; the small leaves lie together."""
    return watched(200, see) >> nn.relu() >> watched(8, see) >> nn.tanh() >> nn.linear(4)


CLIPPED = nn.clip_by_value(0.5) >> nn.momentum(0.9)
SGD, LOSS = nn.descend(CLIPPED, 0.01), nn.mean_squared_error()
DATA = nn.dataset(normal(0, STEPS * 5, 300), normal(1, STEPS * 5, 4))
BATCHES = data.batches_in_order(DATA, 5, nn.Key(0))
PARAMS = net().init(nn.Key(1), DATA.example)
START = SGD.init(PARAMS)


def content(found: object) -> list[bytes]:
    """What there is to see of what somebody keeps, or of what that gives."""
    if isinstance(found, memoryview):
        return [found.tobytes()]
    if isinstance(found, nn.Point | nn.State):
        return content((found.params, getattr(found, "slots", ())))
    if callable(found):
        return content(found())
    return [leaf.tobytes() for leaf in leaves(() if found is None else found)]


class Kept(list[tuple[object, list[bytes]]]):
    """What somebody keeps, each with what there was to see then."""

    def keep(self, found: object) -> None:
        self.append((found, content(found)))

    def is_unchanged(self) -> bool:
        return all(set(content(found)) <= set(before) for found, before in self)


def folded(optimizer: nn.Optimizer[S], see: Keeper = bool) -> nn.State[Net, S]:
    """The state after a fold."""
    return nn.fold(nn.training_step(net(see), LOSS, optimizer), optimizer.init(PARAMS), BATCHES)[0]


def trained(optimizer: nn.Optimizer[S], see: Keeper = bool) -> list[bytes]:
    """The parameters after a fold."""
    return content(folded(optimizer, see).params)


EXPECTED = trained(SGD)


def places(optimizer: nn.Optimizer[S], keep: Keeper = bool) -> int:
    """In how many places of memory the weights were after the first step."""
    seen: list[int] = []

    def see(params: Linear) -> None:
        keep(params)
        seen.append(params.weight.ctypes.data)

    trained(optimizer, see)
    return len(set(seen[2:]))


def test_a_fold_writes_over_its_states() -> None:
    weights, kept = 2, list[Linear]()
    decaying = nn.descend(nn.clip_by_global_norm(1.0) >> nn.weight_decay(0.1), 0.01)
    assert places(SGD) == places(optimizers.averaged(nn.adam(0.1))) == places(decaying) == weights
    free = optimizers.schedule_free_adamw(0.1)
    equal = optimizers.stochastic_weight_averaging(optimizers.amsgrad(0.1), 2, 2)
    assert places(free) == places(equal) == weights
    assert places(SGD, kept.append) > weights  # but not where somebody keeps them


# --- what keeps parameters ---


def base(params: Linear) -> object:
    return memory(params.weight)


def memory(leaf: Array) -> object:
    while isinstance(leaf.base, np.ndarray):
        leaf = leaf.base
    return leaf


def traceback(params: Linear) -> Callable[[], object]:
    try:
        raise ValueError
    except ValueError as error:
        trace = error.__traceback__
    return lambda: trace and trace.tb_frame.f_locals["params"]


def generator(params: Linear) -> Callable[[], object]:
    def later() -> Iterator[object]:
        yield None
        yield params

    waiting = later()
    next(waiting)
    return lambda: next(waiting)


def thread(params: Linear) -> Callable[[], object]:
    shown = Event()

    def wait(params: Linear) -> Linear:
        shown.wait()
        return params

    waiting = ThreadPoolExecutor(1).submit(wait, params)

    def get() -> object:
        shown.set()
        return waiting.result()

    return get


KEEPERS: dict[str, Keeper] = {
    "node": lambda params: params,
    "array": lambda params: params.weight,
    "view": lambda params: params.weight.T[1:, ::2],
    "row": lambda params: params.weight[1],
    "buffer": lambda params: params.weight.data,
    "base": base,
    "weak node": weakref.ref,
    "weak array": lambda params: weakref.ref(params.weight),
    "traceback": traceback,
    "generator": generator,
    "thread": thread,
}


@pytest.mark.parametrize("keeper", KEEPERS)
@pytest.mark.parametrize("every", [1, 3])
def test_parameters_that_a_layer_keeps_never_change(keeper: str, every: int) -> None:
    kept, count = Kept(), iter(range(2 * STEPS))

    def see(params: Linear) -> None:
        if next(count) % every == 0:
            found = KEEPERS[keeper](params)
            # To call it now would already make it keep more, or keep nothing any longer.
            kept.append((found, content(params if callable(found) else found)))

    last = folded(SGD, see)  # which is alive while weak references are followed
    assert content(last.params) == EXPECTED
    assert len(kept) == 2 * STEPS // every
    assert kept.is_unchanged()


def test_leaves_beside_frozen_parts_are_written_over_unless_they_are_kept() -> None:
    kept, places = Kept(), list[int]()

    def see(params: Linear) -> None:
        places.append(params.weight.ctypes.data)
        if len(places) > 2 * STEPS and len(places) % 2:
            kept.keep((params.weight, params.bias))

    model = watched(200, see) >> layers.frozen(nn.linear(4))
    step, state = nn.training_step(model, LOSS, SGD), SGD.init(model.init(nn.Key(0), DATA.example))
    nn.fold(step, state, [*BATCHES, *BATCHES])
    assert len(set(places)) == 2
    nn.fold(step, state, BATCHES)
    assert len(kept) == STEPS // 2
    assert kept.is_unchanged()


@attrs.frozen(eq=False)
class Doubled(nn.Node):
    weight: nn.Matrix

    @cached_property
    def double(self) -> nn.Matrix:
        return 2.0 * self.weight


class Entry(NamedTuple):
    weight: nn.Matrix


class DoubledEntry(Entry):
    @cached_property
    def double(self) -> nn.Matrix:
        return 2.0 * self.weight


@pytest.mark.parametrize("kind", [Doubled, DoubledEntry])
def test_what_parameters_have_computed_is_never_that_of_other_numbers(
    kind: Callable[[nn.Matrix], Doubled],
) -> None:
    inner, fits = layers.linear_without_bias(4), list[bool]()

    def vjp(
        params: Doubled, x: nn.Matrix, key: nn.Key
    ) -> tuple[nn.Matrix, nn.Pullback[nn.Matrix, Doubled, nn.Matrix]]:
        fits.append(np.array_equal(params.double, 2.0 * params.weight))
        y, pull = inner.vjp(layers.Weight(params.weight), x, key)
        return y, lambda dy: (kind(pull(dy)[0].weight), lambda: x)

    model = nn.Layer(lambda key, x: kind(inner.init(key, x).weight), lambda params, x: x, vjp)
    step = nn.training_step(model, LOSS, SGD)
    nn.fold(step, SGD.init(model.init(nn.Key(0), DATA.example)), BATCHES)
    assert fits == [True] * STEPS


LOOKS: dict[str, Callable[[Leaves, nn.Point], object]] = {
    "point": lambda grads, point: point,
    "params": lambda grads, point: point.params,
    "row": lambda grads, point: point.params[0][0],
    "memory": lambda grads, point: memory(point.params[0]),
    "grads": lambda grads, point: grads,
}


@pytest.mark.parametrize("look", LOOKS)
def test_what_a_transform_keeps_never_changes(look: str) -> None:
    kept = Kept()

    def keep(grads: Leaves, point: nn.Point) -> Leaves:
        kept.keep(LOOKS[look](grads, point))
        return grads

    def at(point: nn.Point) -> Rule:
        keep((), point)
        return lambda x, out, old, new: x

    for keeping in (optimizers.stateless(keep), optimizers.elementwise(nn.Empty, at)):
        kept.clear()
        assert trained(nn.descend(CLIPPED >> keeping, 0.01)) == EXPECTED
        assert len(kept) == STEPS
        assert kept.is_unchanged()


def test_a_leaf_that_a_mask_keeps_never_changes() -> None:
    kept = Kept()

    def where(path: str, leaf: Array) -> bool:
        kept.keep(leaf)
        return False

    assert trained(nn.descend(CLIPPED >> nn.weight_decay(0.1, where), 0.01)) == EXPECTED
    assert len(kept) == STEPS * 6
    assert kept.is_unchanged()


def test_states_that_a_loop_of_ones_own_keeps_never_change() -> None:
    step = nn.training_step(net(), LOSS, SGD)
    scanned = [START, *(state for state, _ in nn.scan(step, START, BATCHES))]
    expected = list(map(content, scanned))
    kept = [START]

    def keeping(state: TrainState, batch: TrainBatch) -> tuple[TrainState, None]:
        after, _ = step(state, batch)
        kept.append(after)
        return after, None

    folded, _ = nn.fold(keeping, START, BATCHES)
    for found in (kept, scanned):
        assert list(map(content, found)) == expected
    last, _ = nn.fold(step, START, BATCHES)
    again, _ = nn.fold(step, last, BATCHES)
    assert content(folded) == content(last) == expected[-1] != content(again)
    assert bits(START.params) == bits(PARAMS)


@pytest.mark.parametrize("shown", [0.0, 10.0])
def test_a_run_writes_over_what_nobody_saw_and_nothing_else(tmp_path: Path, shown: float) -> None:
    kept, seen, cadence = Kept(), list[int](), runs.Cadence(shown=shown)

    def keep(progress: runs.Progress[Net, TrainSlots]) -> dict[str, float]:
        kept.keep(progress.state)
        return {}

    step = nn.training_step(net(lambda params: seen.append(params.weight.ctypes.data)), LOSS, SGD)
    with runs.start(tmp_path, runs.Config("x.py", {})) as run:
        start = runs.begin(run, START, "", nn.Key(0))
        epochs = runs.train(run, start, step, lambda key, epoch: BATCHES, 2, keep, cadence=cadence)
        for end in epochs:
            keep(end)
    again, _ = nn.fold(step, START, [*BATCHES, *BATCHES])
    assert kept[-1][1] == content(again)
    assert kept.is_unchanged()
    assert (len(set(seen[: 4 * STEPS])) > 6) == (shown == 0.0)
