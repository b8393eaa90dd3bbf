"""Optimizers and transforms: what holds of all, each formula, wrappers and chains."""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable
from functools import cache, partial

import attrs
import numpy as np
import pytest
from contracts import FLOATS, Bits, P, S, bits, dtypes, makers, noise, normal
from refusals import evaluate, refused

import purenn as nn
from purenn import optimizers as opt
from purenn import schedules
from purenn.arrays import Array, FloatDtype, Leaves, read_only
from purenn.errors import DivergenceError, TreeError
from purenn.kernels.blocks import Rule
from purenn.kernels.updates import average
from purenn.layers import BatchNorm
from purenn.testing import check_optimizer
from purenn.tree import leaves, paths, rebuild, to_dtype, walk

FLOAT32 = FLOATS[0]
RATE = 0.1

Params = tuple[Array, BatchNorm]
START: Params = (noise(0, (3, 4)), nn.batch_norm().init(nn.Key(0), normal(1, 5, 4)))

CASES = """
clip_by_value(0.5), clip_by_value(100), clip_by_global_norm(0.5), clip_by_global_norm(100),
report_global_norm(), momentum(0.9), nesterov(0.9), scale_by_adam(), weight_decay(0.1),
scaled(factor), plateau(1, 0.5), elementwise(Velocity, signs), unchanged(),
descend(stateless(lambda grads, point: grads), 0.2), sgd(0.1), adam(0.1), averaged(sgd(0.1), 0.9),
accumulated(sgd(0.1), 2), descend(momentum(0.5), SCHEDULE),
skip_nonfinite(averaged(accumulated(adam(0.1), 3)), 2), adamw(0.1), nadam(0.1), amsgrad(0.1),
adagrad(0.1), rmsprop(0.1), lion(0.1), lamb(0.1), scale_by_nadam(), scale_by_amsgrad(),
scale_by_adagrad(), scale_by_rms(bias_correction=True), scale_by_lion(), scale_by_trust_ratio(),
adaptive_clipping(0.5), adaptive_clipping(100), centralization(), gradient_noise(Key(0)),
schedule_free_sgd(0.1), schedule_free_adamw(0.1), schedule_free(momentum(0.5), SCHEDULE, 0.5),
stochastic_weight_averaging(adam(0.1), 1), lookahead(averaged(sgd(0.1), 0.9), 1),
stochastic_weight_averaging(lookahead(sgd(0.1), 2), 0, 2), lookahead(adam(0.1), 2, 0.8),
clip_by_value(1.0) >> (momentum(0.9) >> weight_decay(0.1)) >> scale_by_adam(),
"""
SCHEDULE = schedules.join(schedules.linear_warm_up(0.1, 2), (2, schedules.cosine(0.1, 5)))


def factor(path: str) -> float:
    return 3.0 if path == "0" else 0.5


def signs(point: nn.Point) -> Rule:
    def rule(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        np.add(old[0], x, new[0])
        np.sign(new[0], out)
        return out

    return rule


@pytest.mark.parametrize("place", [0, 1], ids=["old state", "gradient"])
def test_rules_can_write_neither_to_the_gradient_nor_to_the_old_state(place: int) -> None:
    def slip(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return np.add(old[0], x, (old[0], x)[place])

    slopes = (np.ones(5000), np.ones(3))
    wrong = nn.descend(opt.elementwise(opt.Velocity, lambda point: slip), 1.0)
    with pytest.raises(ValueError, match="read-only"):
        wrong.update(wrong.init(slopes), slopes)


def test_rules_meet_no_zeros_between_small_leaves() -> None:
    slopes = (np.array([2.0, -3.0]), np.array([0.5]))
    signs = opt.elementwise(
        nn.Empty, lambda point: lambda x, out, old, new: np.divide(x, np.abs(x), out)
    )
    optimizer = nn.descend(signs, 1.0)
    _, params = optimizer.update(optimizer.init(slopes), slopes)
    assert [leaf.tolist() for leaf in params] == [[1.0, -2.0], [-0.5]]


def optimizers() -> list[nn.Optimizer[object]]:
    """The cases, those of transforms as the optimizers that they make."""
    found = evaluate(f"({CASES})", {**vars(opt), **globals(), "Key": nn.Key})
    assert isinstance(found, tuple)
    made = [nn.descend(each, RATE) if isinstance(each, nn.Transform) else each for each in found]
    return [each for each in made if isinstance(each, nn.Optimizer)]


Case = nn.Optimizer[object]
each_case = pytest.mark.parametrize("case", optimizers(), ids=repr)


def run(optimizer: nn.Optimizer[S], params: P, gradients: list[P]) -> list[nn.State[P, S]]:
    states = [optimizer.init(params)]
    for grads in gradients:
        state, new = optimizer.update(states[-1], grads, 1.0)
        assert new is state.params
        states.append(state)
    return states


def drawn(seed: int, dtype: FloatDtype) -> Params:
    new = [noise(seed + n, leaf.shape).astype(dtype) for n, leaf in enumerate(leaves(START))]
    return rebuild(START, tuple(map(read_only, new)))


def all_bits(*trees: object) -> list[Bits | object]:
    nodes = walk(trees, (np.ndarray, bool, int, float))
    return [bits(node) if isinstance(node, np.ndarray) else node for _, node in nodes]


def test_every_transform_and_optimizer_is_among_the_cases() -> None:
    exported = makers(opt, nn.Transform) | makers(opt, nn.Optimizer)
    assert exported - set(re.findall(r"\w+", CASES)) == set()
    unknown = [case for case in optimizers() if "made without @maker" in repr(case)]
    assert len(unknown) == 2  # of functions of one's own: elementwise and stateless


@dtypes
@each_case
def test_updates_are_pure_and_give_frozen_parts_new_values(case: Case, dtype: FloatDtype) -> None:
    if "made without @maker" not in repr(case):  # which cannot be pickled
        check_optimizer(case, to_dtype(START, dtype))
    gradients = [drawn(seed, dtype) for seed in (10, 20, 30)]
    for (_, want), state in zip(gradients, run(case, drawn(0, dtype), gradients)[1:], strict=True):
        _, norm = state.params
        assert all_bits(norm.mean, norm.variance) == all_bits(want.mean, want.variance)


@each_case
def test_states_share_nothing_with_what_their_callers_can_write_to(case: Case) -> None:
    params, grads = drawn(0, FLOAT32), drawn(10, FLOAT32)
    expected = all_bits(*run(case, params, [grads, grads]))
    mine = [tuple(leaf.copy() for leaf in leaves(tree)) for tree in (params, grads)]
    given = rebuild(grads, mine[1])
    found = run(case, rebuild(params, mine[0]), [given, given])
    for array in (*mine[0], *mine[1]):
        array[...] = 99.0
    assert all_bits(*found) == expected
    arrays = [node for _, node in walk(tuple(found), (np.ndarray, bool, int, float))]
    assert not any(array.flags.writeable for array in arrays if isinstance(array, np.ndarray))


def test_states_lie_in_memory_as_files_give_them_back() -> None:
    turned = read_only(normal(0, 3, 2)).T
    params, optimizer = (turned, nn.Frozen(turned)), opt.sgd(0.1)
    state = optimizer.init(params)
    after, _ = optimizer.update(state, params)
    assert all(leaf.flags.c_contiguous for leaf in leaves((state.params, after.params)))


def test_a_copy_of_a_state_is_pickled_to_the_same_bytes() -> None:
    state = run(nn.adam(0.1), START, [START])[-1]
    assert pickle.dumps(copy.deepcopy(state)) == pickle.dumps(state)


@each_case
def test_states_of_other_optimizers_and_parameters_are_refused(case: Case) -> None:
    params = drawn(0, FLOAT32)
    larger = noise(0, (2, 5)), nn.batch_norm().init(nn.Key(0), normal(1, 5, 5))
    own, other = case.init(params).slots, case.init(larger).slots
    has_arrays = any(isinstance(part, tuple) for part in all_bits(own))
    for slots in (nn.Frozen(own), other) if has_arrays else ():
        with refused(TreeError, f"is not that of {case!r}. Start from init of this optimizer."):
            case.update(nn.State(params, slots, 0), drawn(10, FLOAT32), 1.0)


@dtypes
@each_case
def test_a_fold_in_place_gives_the_bits_of_a_scan(case: Case, dtype: FloatDtype) -> None:
    model = nn.linear(300) >> nn.batch_norm() >> nn.tanh() >> nn.linear(130) >> nn.linear(1)
    data = nn.dataset(normal(0, 20, 20).astype(dtype), np.arange(20) % 2)
    named = nn.layers.block(model) >> nn.layers.identity()  # paths begin with 0.inner
    start = case.init(named.init(nn.Key(0), data.example))
    step = nn.training_step(named, nn.binary_cross_entropy_with_logits(), case)
    expected = list(nn.scan(step, start, nn.shuffled_batches(data, 5, nn.Key(1), 0)))
    folded, reports = nn.fold(step, start, nn.shuffled_batches(data, 5, nn.Key(1), 0))
    assert all_bits(folded) == all_bits(expected[-1][0])
    nn.fold(step, folded, nn.shuffled_batches(data, 5, nn.Key(1), 1))
    assert all_bits(folded) == all_bits(expected[-1][0])
    assert reports == tuple(report for _, report in expected)


def test_a_transform_sees_where_it_is_but_nothing_frozen() -> None:
    seen: list[nn.Point] = []

    def look(grads: Leaves, point: nn.Point) -> Leaves:
        assert len(grads) == 3
        seen.append(point)
        return grads

    optimizer = nn.descend(opt.stateless(look) >> nn.momentum(0.9), RATE)
    params, grads = drawn(0, FLOAT32), drawn(10, FLOAT32)
    state, _ = optimizer.update(optimizer.init(params), grads, 3.0)
    optimizer.update(state, grads, 2.0)
    first, second = seen
    assert [(point.step, point.loss) for point in seen] == [(0, 3.0), (1, 2.0)]
    assert first.paths == ("0", "1.scale", "1.shift")
    assert paths(params)[3:] == ("1.mean.value", "1.variance.value")
    assert all_bits(first.params, first.frozen) == all_bits(params)
    assert all_bits(second.frozen) == all_bits(leaves(grads)[3:])


Pair = tuple[Array, Array]
STEPS = 70  # long enough for subnormal numbers to be cleared once


class Memory(dict[str, Array]):
    """What a textbook's formula keeps from step to step."""

    def mix(self, name: str, decay: float, new: Array, share: float = 1.0) -> Array:
        self[name] = decay * self.get(name, np.zeros_like(new)) + share * new
        return self[name]


# The update of a leaf, by the step from 1, its gradient, the leaf and the memory.
Formula = Callable[[int, Array, Array, Memory], Array]


def decayed(formula: Formula) -> Formula:
    """The formula with decay of matrices."""
    return lambda t, g, p, m: formula(t, g, p, m) + 0.2 * p * (p.ndim == 2)


def rooted(x: Array, square: Array, epsilon: float) -> Array:
    return x / (np.sqrt(square) + epsilon)


def kingma_ba(
    t: int, g: Array, p: Array, m: Memory, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8
) -> Array:
    mean = m.mix("mean", b1, g, 1 - b1) / (1 - b1**t)
    square = m.mix("square", b2, g * g, 1 - b2) / (1 - b2**t)
    return rooted(mean, square, eps)


def dozat(t: int, g: Array, p: Array, memory: Memory) -> Array:
    ahead = 0.9 * memory.mix("mean", 0.9, g, 0.1) / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
    return rooted(ahead, memory.mix("square", 0.95, g * g, 0.05) / (1 - 0.95**t), 1e-3)


def reddi(t: int, g: Array, p: Array, memory: Memory) -> Array:
    mean, square = memory.mix("mean", 0.9, g, 0.1), memory.mix("square", 0.95, g * g, 0.05)
    memory["largest"] = np.maximum(memory.get("largest", 0.0 * g), square / (1 - 0.95**t))
    return rooted(mean / (1 - 0.9**t), memory["largest"], 1e-3)


def chen(t: int, g: Array, p: Array, memory: Memory) -> Array:
    direction: Array = np.sign(0.9 * memory.get("mean", 0.0 * g) + 0.1 * g)
    memory.mix("mean", 0.99, g, 0.01)
    return direction


def you(t: int, g: Array, p: Array, memory: Memory) -> Array:
    update = decayed(partial(kingma_ba, eps=1e-6))(t, g, p, memory)
    found: Array = update * np.sqrt((p**2).sum() / (update**2).sum())
    return found


def brock(t: int, g: Array, p: Array, memory: Memory) -> Array:
    axis = 0 if g.ndim == 2 else None
    highest = 0.5 * np.maximum(np.sqrt(np.sum(p**2, axis)), 15.0)  # some units have more
    found: Array = g * np.minimum(1.0, highest / np.sqrt(np.sum(g**2, axis)))
    return found


def pair(seed: int, dtype: FloatDtype) -> Pair:
    """A weight, large enough for recycled memory, and a bias."""
    weight, bias = noise(seed, (128, 80)), noise(seed + 1, (80,))
    return read_only(weight.astype(dtype)), read_only(bias.astype(dtype))


@cache
def gradients_of(dtype: FloatDtype) -> list[Pair]:
    return [pair(10 * step + 10, dtype) for step in range(STEPS)]


def trained(optimizer: nn.Optimizer[S], grads: list[Pair]) -> list[nn.State[Pair, S]]:
    return run(optimizer, pair(0, grads[0][0].dtype), grads)


def close(found: tuple[Array, ...], expected: list[Array]) -> None:
    for leaf, other in zip(found, expected, strict=True):
        rounding = 2e-5 if leaf.dtype == FLOAT32 else 1e-12
        np.testing.assert_allclose(leaf, other, rounding, rounding)


def exact(params: Pair) -> list[Array]:
    return [leaf.astype(np.float64) for leaf in params]


CLIPPED = nn.clip_by_value(0.5) >> nn.momentum(0.9)
COUPLED = nn.weight_decay(0.2, where=lambda path, leaf: path == "1") >> nn.momentum(0.9)
VECTORS = opt.adaptive_clipping(0.5, 15.0, lambda path, leaf: path == "1")
STAIRS = schedules.step_decay(RATE, factor=0.5, every=3)
# Transforms and optimizers, with what they subtract from the parameters, divided by the rate.
FORMULAS: list[tuple[object, Formula]] = [
    (opt.unchanged(), lambda t, g, p, m: g),
    (nn.momentum(0.7), lambda t, g, p, m: m.mix("v", 0.7, g)),
    (nn.sgd(RATE), lambda t, g, p, m: m.mix("v", 0.9, g)),
    (opt.nesterov(0.9), lambda t, g, p, m: g + 0.9 * m.mix("v", 0.9, g)),
    (opt.scaled(factor), lambda t, g, p, m: g * (3.0 if p.ndim == 2 else 0.5)),
    (nn.momentum(0.5) >> nn.clip_by_value(1.0), lambda t, g, p, m: m.mix("v", 0.5, g).clip(-1, 1)),
    (CLIPPED, lambda t, g, p, m: m.mix("v", 0.9, np.clip(g, -0.5, 0.5))),
    (opt.scale_by_adam() >> nn.weight_decay(0.2), decayed(kingma_ba)),
    (COUPLED, lambda t, g, p, m: m.mix("v", 0.9, g + 0.2 * p * (p.ndim == 1))),
    (nn.adam(RATE), kingma_ba),
    (nn.adam(RATE, b1=0.8, b2=0.95, epsilon=0.3), partial(kingma_ba, b1=0.8, b2=0.95, eps=0.3)),
    (nn.descend(opt.unchanged(), STAIRS), lambda t, g, p, m: 0.5 ** ((t - 1) // 3) * g),
    (opt.adamw(RATE, weight_decay=0.2), decayed(kingma_ba)),
    (opt.nadam(RATE, b2=0.95, epsilon=1e-3), dozat),
    (opt.amsgrad(RATE, b2=0.95, epsilon=1e-3), reddi),
    (opt.adagrad(RATE, 0.1), lambda t, g, p, m: rooted(g, m.mix("s", 1, g * g), 0.1)),
    (opt.rmsprop(RATE, 0.8, 0.1), lambda t, g, p, m: rooted(g, m.mix("s", 0.8, g * g, 0.2), 0.1)),
    (opt.scale_by_rms(0.9, bias_correction=True), partial(kingma_ba, b1=0.0, b2=0.9)),
    (opt.lion(RATE, weight_decay=0.2), decayed(chen)),
    (opt.lamb(RATE, weight_decay=0.2), you),
    (opt.adaptive_clipping(0.5, 15.0), brock),
    (VECTORS, lambda t, g, p, m: brock(t, g, p, m) if p.ndim == 1 else g),
    (opt.centralization(), lambda t, g, p, m: g - g.mean(0) * (p.ndim == 2)),
]


@dtypes
@pytest.mark.parametrize(("made", "formula"), FORMULAS, ids=[repr(made) for made, _ in FORMULAS])
def test_formulas_are_the_textbooks_and_the_papers(
    made: nn.Transform[object] | Case, formula: Formula, dtype: FloatDtype
) -> None:
    optimizer = nn.descend(made, RATE) if isinstance(made, nn.Transform) else made
    states = trained(optimizer, gradients_of(dtype))
    params, memories = exact(pair(0, dtype)), [Memory(), Memory()]
    for t, grads in enumerate(gradients_of(dtype), 1):
        leaves_of = zip(exact(grads), params, memories, strict=True)
        params = [p - RATE * formula(t, g, p, m) for g, p, m in leaves_of]
        close(states[t].params, params)
        assert states[t].step == t


ADAM, DECAY = (0.8, 0.95, 0.3), (0.2, lambda path, leaf: True)
MOMENTS, DECAYED = opt.scale_by_adam(*ADAM), nn.weight_decay(*DECAY)
SQUARES = opt.scale_by_rms(*ADAM[1:], bias_correction=True)
# Optimizers and what they say that they are, with other arguments than the defaults.
NAMED: list[tuple[object, object]] = [
    (nn.sgd(RATE, 0.6), nn.momentum(0.6)),
    (opt.nadam(RATE, *ADAM), opt.scale_by_nadam(*ADAM)),
    (opt.amsgrad(RATE, *ADAM), opt.scale_by_amsgrad(*ADAM)),
    (opt.adamw(RATE, *ADAM, *DECAY), MOMENTS >> DECAYED),
    (opt.lamb(RATE, *ADAM, *DECAY), MOMENTS >> DECAYED >> opt.scale_by_trust_ratio()),
    (opt.lion(RATE, 0.8, 0.7, *DECAY), opt.scale_by_lion(0.8, 0.7) >> DECAYED),
    (opt.schedule_free_sgd(RATE, 0.6), opt.schedule_free(opt.unchanged(), RATE, 0.6)),
    (
        opt.schedule_free_adamw(RATE, *ADAM, *DECAY),
        opt.schedule_free(SQUARES >> DECAYED, RATE, ADAM[0]),
    ),
]


@pytest.mark.parametrize(("made", "said"), NAMED, ids=[repr(made) for made, _ in NAMED])
def test_optimizers_pass_on_all_arguments(made: Case, said: nn.Transform[object] | Case) -> None:
    chain = nn.descend(said, RATE) if isinstance(said, nn.Transform) else said
    found, expected = (trained(one, gradients_of(FLOAT32)[:4])[-1] for one in (made, chain))
    assert all_bits(found) == all_bits(expected)


@dtypes
def test_leaves_that_lie_together_follow_rules_of_their_own(dtype: FloatDtype) -> None:
    params, slopes = (
        tuple(read_only(noise(seed + n, (3, 1001 + n)).astype(dtype)) for n in range(20))
        for seed in (0, 50)
    )  # 60,990 numbers, in two blocks

    def by_number(path: str, first: int = 0) -> float:
        return 0.1 * ((int(path or 0) + first) % 3)

    def moved(
        factor: Callable[[str], float], some: tuple[Array, ...], by: tuple[Array, ...]
    ) -> list[Bits]:
        decay = nn.weight_decay(0.2, where=lambda path, leaf: factor(path) > 0.0)
        optimizer = nn.descend(nn.momentum(0.9) >> opt.scaled(factor) >> decay, RATE)
        return [bits(leaf) for leaf in run(optimizer, some, [by, by])[-1].params]

    alone = [moved(partial(by_number, first=n), (params[n],), (slopes[n],))[0] for n in range(20)]
    assert moved(by_number, params, slopes) == alone


@dtypes
def test_trust_ratios_of_any_size(dtype: FloatDtype) -> None:
    def scaled(param: float, update: float) -> float:
        point = nn.Point((np.full(1, param, dtype),), (None,), 0, math.nan, ())
        found = opt.scale_by_trust_ratio().update(nn.Empty(), (np.full(1, update, dtype),), point)
        return float(found[1][0][0])

    tiny = float(np.finfo(dtype).tiny)
    assert scaled(3.0, -2.0) == -scaled(3.0, 1e10) == pytest.approx(-3.0, rel=1e-6)
    assert scaled(1 / tiny, -4 * tiny) == pytest.approx(-16.0, rel=1e-6)  # as far as it goes
    assert (scaled(0.0, 2.0), scaled(2.0, 0.0), scaled(2.0, math.inf)) == (2.0, 0.0, math.inf)
    assert math.isnan(scaled(2.0, math.nan))
    assert math.isnan(scaled(math.nan, math.nan))


@dtypes
def test_weights_are_averaged_equally_from_a_step_on(dtype: FloatDtype) -> None:
    for begin, every in ((0, 1), (3, 1), (4, 3)):
        optimizer = opt.stochastic_weight_averaging(nn.sgd(RATE), begin, every)
        states = trained(optimizer, gradients_of(dtype)[:50])
        for step, state in enumerate(states[1:]):
            counted = [after.params for after in states[begin + 1 : step + 2 : every]]
            mean = [np.mean(leaf, 0) for leaf in zip(*counted, strict=True)]
            close(leaves(opt.averaged_params(state)), mean or [*state.params])


@dtypes
def test_lookahead_goes_a_step_back_after_some_forward(dtype: FloatDtype) -> None:
    grads = gradients_of(dtype)[:50]
    fast = slow = exact(pair(0, dtype))
    memories = (Memory(), Memory())
    states = trained(opt.lookahead(nn.sgd(RATE), 4, 0.3), grads)
    for t, (state, slopes) in enumerate(zip(states[1:], grads, strict=True), 1):
        steps = [m.mix("v", 0.9, g) for m, g in zip(memories, slopes, strict=True)]
        fast = [p - RATE * v for p, v in zip(fast, steps, strict=True)]
        if t % 4 == 0:
            fast = slow = [s + 0.3 * (p - s) for s, p in zip(slow, fast, strict=True)]
        close(state.params, fast)


@dtypes
def test_schedule_free_optimizers_are_the_papers(dtype: FloatDtype) -> None:
    def compare(optimizer: opt.Optimizer[opt.Averaged[S]], formula: Formula) -> None:
        x = y = z = exact(pair(0, dtype))
        total, memories = 0.0, (Memory(), Memory())
        states = trained(optimizer, gradients_of(dtype)[:50])
        for t, (state, slopes) in enumerate(zip(states[1:], gradients_of(dtype), strict=False), 1):
            rate = RATE * min(1.0, t / 10)
            total += rate**2
            c = rate**2 / total
            u = [formula(t, g, p, m) for g, p, m in zip(exact(slopes), y, memories, strict=True)]
            z = [a - rate * b for a, b in zip(z, u, strict=True)]
            x = [(1 - c) * a + c * b for a, b in zip(x, z, strict=True)]
            y = [0.1 * a + 0.9 * b for a, b in zip(z, x, strict=True)]
            close(leaves((state.params, opt.averaged_params(state))), y + x)

    warm_up, second = schedules.linear_warm_up(RATE, 10), partial(kingma_ba, b1=0.0, b2=0.95)
    compare(opt.schedule_free_sgd(warm_up), lambda t, g, p, m: g)
    compare(opt.schedule_free_adamw(warm_up, b2=0.95, weight_decay=0.2), decayed(second))


@dtypes
def test_noise_of_a_gradient_is_a_function_of_key_and_step(dtype: FloatDtype) -> None:
    start, still = pair(0, dtype), nn.map_leaves(np.zeros_like, pair(0, dtype))

    def drawn(seed: int) -> list[Array]:
        transform = opt.gradient_noise(nn.Key(seed), 0.3, 0.8)
        states = [nn.State(start, nn.Empty(), step) for step in (0, 1, 1000)]
        update = nn.descend(transform, 1.0).update
        return [start[0] - update(state, still)[1][0] for state in states]

    first, again, other = drawn(0), drawn(0), drawn(1)
    assert all_bits(*first) == all_bits(*again)
    normal = [x * (1 + t) ** 0.4 / 0.3**0.5 for x, t in zip(first, (0, 1, 1000), strict=True)]
    normal.append(other[0] / 0.3**0.5)
    assert [float(x.std()) for x in normal] == pytest.approx([1.0] * 4, rel=0.03)
    np.testing.assert_allclose(np.corrcoef([x.ravel() for x in normal]), np.eye(4), atol=0.05)


@dtypes
def test_averaged_follows_the_parameters_and_leaves_training_as_it_is(dtype: FloatDtype) -> None:
    plain = trained(nn.sgd(RATE), gradients_of(dtype)[:50])
    states = trained(opt.averaged(nn.sgd(RATE), 0.7), gradients_of(dtype)[:50])
    mean: list[Array] = [*pair(0, dtype)]
    for state, same in zip(states[1:], plain[1:], strict=True):
        assert all_bits(state.params, state.slots.inner) == all_bits(same.params, same.slots)
        mean = [0.7 * m + 0.3 * p for m, p in zip(mean, state.params, strict=True)]
        close(leaves(opt.averaged_params(state)), mean)


@pytest.mark.parametrize("decay", [0.1, 0.7, 0.99, 0.9999, 0.99999])
def test_an_average_of_what_stays_is_that(decay: float) -> None:
    optimizer = opt.averaged(nn.sgd(0.0), decay)
    params = (noise(0, (1000,)).astype(np.float32),)
    state = optimizer.init(params)
    for _ in range(20):
        state, _ = optimizer.update(state, params)
    assert all_bits(opt.averaged_params(state)) == all_bits(params)


def test_long_averages_keep_their_digits() -> None:
    start = np.linspace(1.0, 2.0, 100)
    mean: Array = start.astype(np.float32)
    exact: Array = start
    for step in range(5000):
        now: Array = (start + 1e-3 * noise(step, (100,))).astype(np.float32)
        mean = average(mean, 0.999, now, np.empty_like(mean), np.empty_like(mean))
        exact = exact + 0.001 * (now - exact)
    np.testing.assert_allclose(mean, exact, 1e-5)


def test_averaged_params_have_the_frozen_parts_of_now() -> None:
    optimizer = opt.averaged(nn.descend(opt.unchanged(), RATE), 0.5)
    tree = (nn.Frozen(np.ones(2)), np.ones(2), nn.Frozen((np.ones(3),)))
    grads = (nn.Frozen(np.full(2, 7.0)), np.ones(2), nn.Frozen((np.zeros(3),)))
    first, mean, last = opt.averaged_params(optimizer.update(optimizer.init(tree), grads)[0])
    assert (first.value.tolist(), last.value[0].tolist()) == ([7.0] * 2, [0.0] * 3)
    np.testing.assert_allclose(mean, [0.95, 0.95])


@dtypes
def test_accumulated_is_training_on_larger_batches(dtype: FloatDtype) -> None:
    small = gradients_of(dtype)[:12]
    means = [np.reshape(part, (4, 3, *part[0].shape)).mean(1) for part in zip(*small, strict=True)]
    rate = schedules.step_decay(RATE, factor=0.5, every=1)  # counts updates, as Adam does
    plain = trained(nn.adam(rate), [*zip(*means, strict=True)])
    states = trained(opt.accumulated(nn.adam(rate), 3), small)
    for index, state in enumerate(states):
        np.testing.assert_allclose(state.params[0], plain[index // 3].params[0], atol=1e-5)
        assert any(leaf.any() for leaf in state.slots.total) == bool(index % 3)
    state = states[-1]
    for _ in range(5):  # another count, which does not divide the steps before
        state, _ = opt.accumulated(nn.adam(rate), 5).update(state, small[0])
    _, expected = nn.adam(rate).update(plain[-1], small[0])
    np.testing.assert_allclose(state.params[0], expected[0], atol=1e-5)
    untold = attrs.evolve(states[2], slots=attrs.evolve(states[2].slots, count=0))  # an old pickle
    assert opt.accumulated(nn.adam(rate), 3).update(untold, small[2])[0].slots.updates == 1


def test_accumulated_begins_its_schedule_where_the_state_does() -> None:
    rate = schedules.step_decay(1.0, factor=0.5, every=1)
    optimizer, start = opt.accumulated(nn.descend(opt.unchanged(), rate), 2), (np.zeros(1),)
    state = nn.State(start, optimizer.init(start).slots, 8)
    for _ in range(4):
        state, _ = optimizer.update(state, (np.ones(1),))
    assert state.params[0] == -(2.0**-4) - 2.0**-5


def follow(patience: int, losses: list[float]) -> tuple[list[float], list[opt.Plateau]]:
    optimizer, slope = nn.descend(opt.plateau(patience, factor=0.5), 1.0), (np.ones(1),)
    states = [optimizer.init((np.zeros(1),))]
    for loss in losses:
        states.append(optimizer.update(states[-1], slope, loss)[0])
    places = [float(state.params[0][0]) for state in states]
    return [-float(step) for step in np.diff(places)], [state.slots for state in states[1:]]


def test_a_plateau_lowers_the_rate_after_so_many_steps_without_a_new_best() -> None:
    factors, states = follow(2, [3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, math.inf, 5.0])
    assert factors == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert states[2] == opt.Plateau(best=2.0, waited=1, factor=1.0)
    assert states[-1] == opt.Plateau(best=1.0, waited=0, factor=0.125)
    assert follow(1, [1.0, 1.0, 0.5])[0] == [1.0, 0.5, 0.5]


def statistics(slope: float, value: float) -> tuple[Array, nn.Frozen[Array]]:
    return np.array([slope]), nn.Frozen(np.array([value]))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_step_that_is_not_finite_is_skipped_with_its_frozen_parts(bad: float) -> None:
    optimizer = opt.skip_nonfinite(nn.sgd(RATE), limit=2)
    state, _ = optimizer.update(optimizer.init(statistics(1.0, 5.0)), statistics(1.0, 6.0))
    assert not opt.was_skipped(state.slots)
    for grads, where in ((statistics(bad, 7.0), "first in 0"), (statistics(1.0, bad), "though")):
        after, params = optimizer.update(state, grads)
        assert [leaf[0] for leaf in leaves(params)] == [0.9, 6.0]
        assert after.slots.inner is state.slots.inner
        assert (after.step, after.slots.total, after.slots.in_a_row) == (2, 1, 1)
        assert opt.was_skipped(after.slots)
        again, _ = optimizer.update(after, grads)
        assert (again.slots.total, again.slots.in_a_row) == (2, 2)
        message = rf"^skip_nonfinite\(2\) skipped 2 updates in a row.*{where}"
        with pytest.raises(DivergenceError, match=message):
            optimizer.update(again, grads)
        with pytest.raises(DivergenceError, match=r"^skip_nonfinite\(1\) skipped 2 updates in a"):
            opt.skip_nonfinite(nn.sgd(RATE), limit=1).update(again, grads)
        after, params = optimizer.update(again, statistics(1.0, 8.0))
        np.testing.assert_allclose(np.concatenate(leaves(params)), [0.9 - RATE * 1.9, 8.0])
        assert (after.slots.total, after.slots.in_a_row) == (2, 0)


def test_an_update_that_overflows_is_skipped_without_a_warning() -> None:
    huge = (np.array([1e30], np.float32),)

    def slots(optimizer: nn.Optimizer[S]) -> S:
        state, params = optimizer.update(optimizer.init(huge), huge)
        assert params == huge
        return state.slots

    inner = opt.skip_nonfinite(nn.descend(opt.unchanged(), 1e10), limit=1)
    for skipped in (slots(inner), slots(opt.averaged(inner)), slots(opt.accumulated(inner, 1))):
        assert opt.was_skipped(skipped)
    assert opt.was_skipped(slots(opt.skip_nonfinite(opt.accumulated(inner, 1), 1)))
    assert not opt.was_skipped(slots(opt.averaged(opt.accumulated(nn.sgd(RATE), 2))))
    small = opt.skip_nonfinite(nn.descend(opt.unchanged(), 0.5), limit=1)
    state, (param,) = small.update(small.init(huge), huge)  # whose square overflows
    assert (opt.was_skipped(state.slots), param[0]) == (False, huge[0][0] / 2)


@pytest.mark.parametrize("inner", [nn.adam(0.1), opt.averaged(nn.adam(0.1))], ids=repr)
def test_a_step_that_would_overflow_the_state_is_skipped(inner: nn.Optimizer[object]) -> None:
    params, huge = (np.ones(1, np.float32),), (np.array([1e25], np.float32),)
    optimizer = opt.skip_nonfinite(inner, limit=3)
    state, same = optimizer.update(optimizer.init(params), huge)  # whose square is infinite
    assert (opt.was_skipped(state.slots), same) == (True, params)
    _, moved = optimizer.update(state, params)
    assert moved[0] == pytest.approx(0.9)


@dtypes
def test_what_decays_does_not_get_stuck_as_subnormal_numbers(dtype: FloatDtype) -> None:
    tiny = np.finfo(dtype).tiny
    seed, still = (np.full(3, 100 * tiny, dtype),), (np.zeros(3, dtype),)

    def settle(optimizer: nn.Optimizer[S]) -> Leaves:
        return leaves(run(optimizer, still, [seed, *[still] * 600])[-1].slots)

    fast, ahead = nn.sgd(RATE), nn.descend(opt.nesterov(0.9), RATE)
    found = [*settle(fast), *settle(ahead), *settle(nn.adam(RATE)), *settle(opt.nadam(RATE))]
    found += [*settle(opt.amsgrad(RATE)), *settle(opt.rmsprop(RATE))]
    found += settle(opt.lion(RATE, weight_decay=0.0))
    assert not any(leaf.any() for leaf in found)
    edge = (np.array([tiny, -1.5 * tiny], dtype),)
    after, _ = fast.update(nn.State(edge, opt.Velocity((np.zeros(2, dtype),)), 255), edge)
    assert all_bits(after.slots.leaves) == all_bits(edge)
