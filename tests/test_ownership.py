"""A fold writes over states that it alone has, and nobody can tell."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import numpy as np
import pytest
from contracts import bits, normal

import purenn as nn
from purenn import data, optimizers, runs
from purenn.arrays import Array, Leaves
from purenn.keys import Key
from purenn.layers import Linear
from purenn.tree import leaves

S = TypeVar("S")
STEPS = 6
Keeper = Callable[[Linear], Callable[[], Array | None]]
Seen = Callable[[Linear], object]
Net = tuple[Linear, nn.Empty, Linear, nn.Empty, Linear]
TrainSlots = tuple[nn.Empty, optimizers.Velocity]
TrainState = nn.State[Net, TrainSlots]
TrainBatch = data.Batch[nn.Matrix, nn.Matrix]
CLIPPED = nn.clip_by_value(0.5) >> nn.momentum(0.9)


def watched(width: int, see: Seen) -> nn.Layer[Linear, nn.Matrix, nn.Matrix]:
    """A linear layer of one's own that lets somebody see its parameters in each step."""
    inner = nn.linear(width)

    def vjp(
        params: Linear, x: nn.Matrix, key: Key
    ) -> tuple[nn.Matrix, nn.Pullback[nn.Matrix, Linear, nn.Matrix]]:
        see(params)
        return inner.vjp(params, x, key)

    return nn.Layer(inner.init, inner.apply, vjp)


def net(see: Seen) -> nn.Layer[Net, nn.Matrix, nn.Matrix]:
    """One weight takes more than a block of memory; the small leaves lie together."""
    return watched(200, see) >> nn.relu() >> watched(8, see) >> nn.tanh() >> nn.linear(4)


DATA = nn.dataset(normal(0, STEPS * 5, 300), normal(1, STEPS * 5, 4))
BATCHES = data.batches_in_order(DATA, 5, Key(0))
PARAMS = net(bool).init(Key(1), DATA.example)


def trained(optimizer: nn.Optimizer[S], see: Seen = bool) -> list[bytes]:
    """The parameters after a fold, as bytes."""
    step = nn.training_step(net(see), nn.mean_squared_error(), optimizer)
    state, _ = nn.fold(step, optimizer.init(PARAMS), BATCHES)
    return [leaf.tobytes() for leaf in leaves(state.params)]


EXPECTED = trained(nn.descend(CLIPPED, 0.01))


def places(optimizer: nn.Optimizer[S], keep: Seen = bool) -> int:
    """In how many places of memory the weights were after the first step."""
    seen: list[int] = []

    def see(params: Linear) -> None:
        keep(params)
        seen.append(params.weight.ctypes.data)

    trained(optimizer, see)
    return len(set(seen[2:]))


def test_a_fold_writes_over_its_states() -> None:
    sgd, weights = nn.descend(CLIPPED, 0.01), 2
    decaying = nn.descend(nn.clip_by_global_norm(1.0) >> nn.weight_decay(0.1), 0.01)
    assert places(sgd) == places(optimizers.averaged(nn.adam(0.1))) == places(decaying) == weights
    free = optimizers.schedule_free_adamw(0.1)
    equal = optimizers.stochastic_weight_averaging(optimizers.amsgrad(0.1), 2, 2)
    assert places(free) == places(equal) == weights
    kept: list[Linear] = []
    assert places(sgd, kept.append) > weights  # but not where somebody keeps them


# --- what keeps parameters ---


def memory_of(array: Array) -> Array:
    return array.base if isinstance(array.base, np.ndarray) else array


def by_node(params: Linear) -> Callable[[], Array]:
    return lambda: params.weight


def by_array(params: Linear) -> Callable[[], Array]:
    weight = params.weight
    return lambda: weight


def by_view(params: Linear) -> Callable[[], Array]:
    view = params.weight.T[1:, ::2]
    return lambda: view


def by_row(params: Linear) -> Callable[[], Array]:
    row = params.weight[1]
    return lambda: row


def by_buffer(params: Linear) -> Callable[[], Array]:
    buffer = params.weight.data
    return lambda: np.asarray(buffer)


def by_base(params: Linear) -> Callable[[], Array]:
    base = memory_of(params.weight)
    return lambda: base


def by_weak_node(params: Linear) -> Callable[[], Array | None]:
    reference = weakref.ref(params)

    def get() -> Array | None:
        found = reference()
        return None if found is None else found.weight

    return get


def by_weak_array(params: Linear) -> Callable[[], Array | None]:
    return weakref.ref(params.weight)


def by_traceback(params: Linear) -> Callable[[], Array]:
    try:
        raise ValueError
    except ValueError as error:
        trace = error.__traceback__

    def get() -> Array:
        assert trace is not None
        found: object = trace.tb_frame.f_locals["params"]
        assert isinstance(found, Linear)
        return found.weight

    return get


def by_generator(params: Linear) -> Callable[[], Array]:
    def later() -> Iterator[Array]:
        yield np.zeros(1)
        yield params.weight

    waiting = later()
    next(waiting)
    return lambda: next(waiting)


def by_thread(params: Linear) -> Callable[[], Array]:
    wait, found = Event(), list[Array]()

    def run(params: Linear) -> None:
        wait.wait()
        found.append(params.weight)

    thread = Thread(target=run, args=(params,))
    thread.start()

    def get() -> Array:
        wait.set()
        thread.join()
        return found[0]

    del params
    return get


KEEPERS: list[Keeper] = [
    *(by_node, by_array, by_view, by_row, by_buffer, by_base, by_weak_node, by_weak_array),
    *(by_traceback, by_generator, by_thread),
]


@pytest.mark.parametrize("keeper", KEEPERS, ids=lambda keeper: keeper.__name__)
@pytest.mark.parametrize("every", [1, 3])
def test_parameters_that_a_layer_keeps_never_change(keeper: Keeper, every: int) -> None:
    kept: list[tuple[Callable[[], Array | None], bytes]] = []
    count = iter(range(2 * STEPS))

    def see(params: Linear) -> None:
        if next(count) % every == 0:
            get = keeper(params)
            kept.append((get, shown_by(keeper, params.weight)))

    assert trained(nn.descend(CLIPPED, 0.01), see) == EXPECTED
    found = [(get(), before) for get, before in kept]
    assert len(found) == 2 * STEPS // every
    assert all(array is None or array.tobytes() == before for array, before in found)


def shown_by(keeper: Keeper, weight: Array) -> bytes:
    shown: dict[Keeper, Array] = {
        by_view: weight.T[1:, ::2],
        by_row: weight[1],
        by_base: memory_of(weight),
    }
    return shown.get(keeper, weight).tobytes()


Looks = Callable[[Leaves, nn.Point], object]
LOOKS: list[Looks] = [
    lambda grads, point: point,
    lambda grads, point: point.params,
    lambda grads, point: point.params[0][0],
    lambda grads, point: grads,
]


@pytest.mark.parametrize("look", LOOKS, ids=["point", "params", "row", "grads"])
def test_what_a_transform_keeps_never_changes(look: Looks) -> None:
    kept: list[tuple[object, list[bytes]]] = []

    def keep(grads: Leaves, point: nn.Point) -> Leaves:
        found = look(grads, point)
        kept.append((found, content(found)))
        return grads

    transform = CLIPPED >> optimizers.stateless(keep)
    assert trained(nn.descend(transform, 0.01)) == EXPECTED
    assert len(kept) == STEPS
    assert all(content(found) == before for found, before in kept)


def content(found: object) -> list[bytes]:
    arrays = found.params if isinstance(found, nn.Point) else found
    return [leaf.tobytes() for leaf in leaves(arrays)]


def test_a_leaf_that_a_mask_keeps_never_changes() -> None:
    kept: list[tuple[Array, bytes]] = []

    def where(path: str, leaf: Array) -> bool:
        kept.append((leaf, leaf.tobytes()))
        return False

    assert trained(nn.descend(CLIPPED >> nn.weight_decay(0.1, where), 0.01)) == EXPECTED
    assert len(kept) == STEPS * 6
    assert all(leaf.tobytes() == before for leaf, before in kept)


def test_states_that_a_loop_of_ones_own_keeps_never_change() -> None:
    optimizer = nn.descend(CLIPPED, 0.01)
    step = nn.training_step(net(bool), nn.mean_squared_error(), optimizer)
    first = optimizer.init(PARAMS)
    scanned = [first, *(state for state, _ in nn.scan(step, first, BATCHES))]
    expected = list(map(arrays_of, scanned))
    kept = [first]

    def keeping(state: TrainState, batch: TrainBatch) -> tuple[TrainState, None]:
        after, _ = step(state, batch)
        kept.append(after)
        return after, None

    folded, _ = nn.fold(keeping, first, BATCHES)
    for found in (kept, scanned):
        assert list(map(arrays_of, found)) == expected
    last, _ = nn.fold(step, first, BATCHES)
    again, _ = nn.fold(step, last, BATCHES)
    assert arrays_of(folded) == arrays_of(last) == expected[-1] != arrays_of(again)
    assert bits(first.params) == bits(PARAMS)


def arrays_of(state: TrainState) -> list[bytes]:
    return [leaf.tobytes() for leaf in (*leaves(state.params), *leaves(state.slots))]


@pytest.mark.parametrize("shown", [0.0, 10.0])
def test_a_run_writes_over_what_nobody_saw_and_nothing_else(tmp_path: Path, shown: float) -> None:
    optimizer, seen = nn.descend(CLIPPED, 0.01), list[int]()
    kept: list[tuple[TrainState, list[bytes]]] = []

    def keep(progress: runs.Progress[Net, TrainSlots]) -> dict[str, float]:
        kept.append((progress.state, arrays_of(progress.state)))
        return {}

    step = nn.training_step(
        net(lambda params: seen.append(params.weight.ctypes.data)),
        nn.mean_squared_error(),
        optimizer,
    )
    with runs.start(tmp_path, runs.Config("x.py", {})) as run:
        start = runs.begin(run, optimizer.init(PARAMS), "", Key(0))
        cadence = runs.Cadence(shown=shown)
        for end in runs.train(
            run, start, step, lambda key, epoch: BATCHES, 2, keep, cadence=cadence
        ):
            keep(end)
    again, _ = nn.fold(step, optimizer.init(PARAMS), [*BATCHES, *BATCHES])
    assert kept[-1][1] == arrays_of(again)
    assert all(arrays_of(state) == before for state, before in kept)
    assert (len(set(seen[: 4 * STEPS])) > 6) == (shown == 0.0)
