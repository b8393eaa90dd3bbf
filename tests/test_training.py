"""Training is a fold: the same bits each time, also when cut in two. Predictions and measures."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import attrs
import numpy as np
import pytest
from contracts import bits, check_close, copies, dtypes, matrix, normal

import purenn as nn
from purenn import layers, losses, training
from purenn import optimizers as opt
from purenn.arrays import FloatDtype, Images, Labels, Matrix, Vector
from purenn.data import Batch, batches_in_order
from purenn.errors import DivergenceError
from purenn.saving import encode
from purenn.training import Report, measure_ignoring, sharpness_aware_step
from purenn.tree import leaves

KEY = nn.Key(4)
MODEL = nn.linear(16) >> nn.tanh() >> nn.linear(2)
LOSS = nn.softmax_cross_entropy()
SQUARED: nn.Loss[Matrix, Matrix] = nn.mean_squared_error()
OPTIMIZER = nn.descend(nn.clip_by_value(1.0) >> nn.momentum(0.9), 0.3)
STILL = nn.sgd(0.0)
STEP = nn.training_step(MODEL, LOSS, OPTIMIZER)
INPUTS: Matrix = nn.Key(1).generator().uniform(-1, 1, (100, 2)).astype(np.float32)
DATA = nn.dataset(INPUTS, (INPUTS[:, 0] * INPUTS[:, 1] > 0).astype(np.int64))
START = OPTIMIZER.init(MODEL.init(KEY, DATA.example))
BATCHES = nn.shuffled_batches(DATA, 8, KEY, 0)


def test_fold_scan_and_a_loop_by_hand_are_the_same_to_the_bit() -> None:
    before = encode(START)
    gradient = nn.value_and_grad(MODEL, LOSS)
    by_hand, reports = START, []
    for batch in BATCHES:
        loss, grads = gradient(by_hand.params, batch.inputs, batch.targets, batch.key)
        assert loss == LOSS(MODEL.apply(by_hand.params, batch.inputs), batch.targets)[0]
        reports.append(Report(loss, len(batch.targets)))
        by_hand, _ = OPTIMIZER.update(by_hand, grads)
    assert [report.samples for report in reports] == [8] * 12 + [4]
    scanned = list(nn.scan(STEP, START, BATCHES))
    assert [state.step for state, _ in scanned] == list(range(1, 14))
    assert [report for _, report in scanned] == reports
    assert encode(scanned[-1][0]) == encode(by_hand)
    for cut in (0, 1, 7, 13):
        middle, first = nn.fold(STEP, START, BATCHES[:cut])
        end, rest = nn.fold(STEP, middle, BATCHES[cut:])
        assert (encode(end), [*first, *rest]) == (encode(by_hand), reports)
    assert encode(START) == before


def test_scan_takes_no_step_that_nobody_looks_at() -> None:
    left = iter([1, 2, 3, 4])
    shown = nn.scan(lambda state, batch: (state + batch, f"after {batch}"), 0, left)
    assert [next(shown), next(shown)] == [(1, "after 1"), (3, "after 2")]
    assert list(left) == [3, 4]


X, LABELS = INPUTS[:9], DATA.targets.take(range(9))
SOME, WEIGHTS = np.array([0, -1, -1, -1, 1, 1, -1, 0, 1]), np.arange(9.0, dtype=np.float32)
IGNORING, KEPT = losses.ignoring(LOSS, -1), SOME >= 0
KNOWN = measure_ignoring(nn.accuracy, -1)
SCORES = MODEL.apply(START.params, X)
EACH, THOSE = LOSS.per_sample(SCORES, LABELS)[0], LOSS.per_sample(SCORES[KEPT], SOME[KEPT])[0]
# Each with targets, and with what it is of the samples that count.
MEANS = [
    *[(loss, LABELS, EACH) for loss in (LOSS, losses.summed(LOSS))],
    (losses.class_weighted(LOSS, (1.0, 3.0)), LABELS, EACH * np.array([1.0, 3.0])[LABELS]),
    (losses.weighted(LOSS), (LABELS, WEIGHTS), EACH * WEIGHTS),
    *[(loss, SOME, THOSE) for loss in (IGNORING, losses.summed(IGNORING))],
    (losses.class_weighted(IGNORING, (1, 1)), SOME, THOSE),
]
IDS = [repr(loss) for loss, *_ in MEANS]


@pytest.mark.parametrize(("loss", "targets", "each"), MEANS, ids=IDS)
def test_mean_losses_do_not_depend_on_the_batch_size(
    loss: nn.Loss[Matrix, object], targets: Labels, each: Vector
) -> None:
    expected = pytest.approx(float(np.mean(each)), rel=1e-6)
    data, step = nn.dataset(X, targets), nn.training_step(MODEL, loss, STILL)
    for size in (1, 2, 4, 9):
        batches = nn.shuffled_batches(data, size, KEY, 0)
        _, reports = nn.fold(step, STILL.init(START.params), batches)
        assert nn.mean_loss(reports) == expected
        for given in (data, (X, targets)):
            assert nn.evaluate(MODEL, START.params, given, loss, size) == expected


def test_means_take_in_what_counts_and_nothing_else() -> None:
    step, data = nn.training_step(MODEL, IGNORING, STILL), nn.dataset(X, SOME)
    _, reports = nn.fold(step, STILL.init(START.params), batches_in_order(data, 2, KEY))
    assert [report.samples for report in reports] == [1, 0, 2, 1, 1]
    hits = nn.accuracy(SCORES[KEPT], SOME[KEPT])
    for size in (1, 2, 9):
        for one in (*copies(KNOWN), measure_ignoring(KNOWN, -2), measure_ignoring(KNOWN, -1)):
            assert nn.evaluate(MODEL, START.params, (X, SOME), one, size) == pytest.approx(hits)
    none = np.full(9, -1)
    assert math.isnan(KNOWN(SCORES, none))
    for measure in (IGNORING, KNOWN):
        assert math.isnan(nn.evaluate(MODEL, START.params, (X, none), measure, 2))
    assert math.isnan(nn.mean_loss([]))
    assert nn.mean_loss([Report(0.1, 1)] * 10) == 0.09999999999999999  # the same in any Python


def test_a_plain_function_is_a_loss_whose_value_is_reported() -> None:
    x: Matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    state = STILL.init(nn.Linear(np.ones((2, 1)), np.zeros(1)))
    step = nn.training_step(nn.linear(1), lambda y, target: (7.5, np.ones_like(y)), nn.sgd(1.0))
    after, report = step(state, Batch(x, x, KEY))
    assert report == Report(7.5, 2)
    assert [leaf.tolist() for leaf in leaves(after.params)] == [[[-3.0], [-5.0]], [-2.0]]


@pytest.mark.parametrize("rate", [100.0, 1e3])
def test_a_rate_that_is_too_high_diverges_loudly_but_without_a_warning(rate: float) -> None:
    model = nn.linear(32) >> nn.relu() >> nn.linear(32) >> nn.relu() >> nn.linear(1)
    optimizer = nn.sgd(rate)
    x: Matrix = normal(0, 64, 2).astype(np.float32)
    epochs = [nn.shuffled_batches(nn.dataset(x, x[:, :1]), 8, KEY, epoch) for epoch in range(60)]
    step = nn.training_step(model, SQUARED, optimizer)
    message = r"^The loss is (inf|nan) at step \d+\. Clip the .* or take a lower learning rate\.$"
    with pytest.raises(DivergenceError, match=message):
        nn.fold(step, optimizer.init(model.init(KEY, x)), chain(*epochs))


@pytest.mark.parametrize(("dx", "error"), [(None, TypeError), (lambda: None, AttributeError)])
def test_layers_that_break_their_contract_lead_to_its_checks(
    dx: nn.Thunk[Matrix], error: type[Exception]
) -> None:
    own = nn.linear(2)
    bare = attrs.evolve(own, vjp=lambda params, x, key: (x, lambda dy: (params, dx)))
    model: nn.Layer[tuple[nn.Linear, nn.Linear], Matrix, Matrix] = own >> bare
    with pytest.raises(error) as caught:
        nn.fold(nn.training_step(model, LOSS, STILL), STILL.init(model.init(KEY, INPUTS)), BATCHES)
    assert "check_layer" in caught.value.__notes__[0]


def test_steps_can_be_pickled_where_their_parts_can() -> None:
    for step in (STEP, sharpness_aware_step(MODEL, LOSS, OPTIMIZER)):
        for again in copies(step):
            assert again(START, BATCHES[0])[1] == step(START, BATCHES[0])[1]


@np.errstate(all="raise")
def test_numbers_that_vanish_are_no_errors_where_numpy_raises() -> None:
    model, optimizer = nn.linear(2) >> nn.relu(), nn.adam(1e-3)
    params = nn.Linear(np.diag([1e3, 1e3]), np.zeros(2)), nn.Empty()
    data = nn.dataset(np.eye(2), np.arange(2))
    step = nn.training_step(model, LOSS, optimizer)
    state, _ = nn.fold(step, optimizer.init(params), nn.shuffled_batches(data, 1, KEY, 0))
    assert nn.evaluate(model, state.params, data, LOSS) == 0.0
    certain = model >> layers.softmax(), (*state.params, nn.Empty())
    assert np.array_equal(nn.predict(*certain, data), np.eye(2))
    assert not training.input_gradient(*certain, np.eye(2)).any()
    assert not training.jacobian(*certain, np.eye(2)).any()
    batch = nn.shuffled_batches(data, 2, KEY, 0)[0]
    product = training.hessian_vector_product(model, LOSS, state.params, batch, state.params)
    assert not product[0].weight.any()
    value, grads = nn.value_and_grad(model, LOSS)(params, batch.inputs, batch.targets, KEY)
    tiny = nn.map_leaves(lambda leaf: leaf + 1e-200, grads)
    assert (value, optimizer.update(state, tiny)[0].step) == (0.0, 3)


SKIPPING = opt.skip_nonfinite(nn.sgd(0.01), 1)
PROTECTED = [SKIPPING, opt.averaged(SKIPPING), opt.accumulated(SKIPPING, 2)]


@pytest.mark.parametrize("value", [3.0, math.nan])
@pytest.mark.parametrize("optimizer", PROTECTED, ids=repr)
def test_skipped_steps_do_not_raise_or_count(optimizer: nn.Optimizer[object], value: float) -> None:
    def loss(y: Matrix, target: Matrix) -> tuple[float, Matrix]:
        bad = 3.0 in target
        return (value if bad else float(target.sum())), (y * math.nan if bad else y)

    x: Matrix = np.arange(6.0)[:, np.newaxis]
    batches, params = batches_in_order(nn.dataset(x, x), 1, KEY), nn.linear(1).init(KEY, x)
    step = nn.training_step(nn.linear(1), loss, optimizer)
    state, reports = nn.fold(step, optimizer.init(params), batches)
    np.testing.assert_equal([report.loss for report in reports], [0.0, 1.0, 2.0, value, 4.0, 5.0])
    assert [report.samples for report in reports] == [1, 1, 1, 0, 1, 1]
    assert (nn.mean_loss(reports), state.step) == ((0 + 1 + 2 + 4 + 5) / 5, 6)
    if math.isnan(value):
        with pytest.raises(DivergenceError, match=r"^The loss is nan at step 3\. "):
            nn.fold(nn.training_step(nn.linear(1), loss, STILL), STILL.init(params), batches)
    infinite = nn.training_step(nn.linear(1), lambda y, target: (math.inf, y), optimizer)
    with pytest.raises(DivergenceError, match=r"^The loss is inf at step 0\. "):
        infinite(optimizer.init(params), batches[0])


# --- losses that are unknown, not finite, or NumPy's scalars --------------------------------------

GOOD, MAP = Batch(normal(0, 4, 3), normal(1, 4, 2), KEY), nn.linear(2)
BAD, FIRST = attrs.evolve(GOOD, inputs=math.nan * GOOD.inputs), MAP.init(KEY, GOOD.inputs)
WAITING = nn.descend(opt.plateau(3), 0.1)
PATIENT = opt.skip_nonfinite(WAITING, 3)


def test_a_batch_without_counted_samples_is_no_observation_of_a_plateau() -> None:
    step = nn.training_step(MAP, IGNORING, WAITING)
    none: Labels = np.full(4, -1)
    batches = [Batch(GOOD.inputs, labels, KEY) for labels in (none, *[none + 1] * 9)]
    state, reports = nn.fold(step, WAITING.init(FIRST), batches)
    assert state.slots == opt.Plateau(best=reports[-1].loss, waited=0, factor=1.0)
    assert reports[0].loss == 0.0 < reports[-1].loss


def test_an_accumulated_plateau_is_told_the_mean_of_the_losses() -> None:
    optimizer = opt.accumulated(WAITING, 2)
    state = optimizer.init(FIRST)
    for loss in (3.0, 1.0, 9.0):
        state, _ = optimizer.update(state, FIRST, loss)
    assert state.slots.inner.best == 2.0
    assert (state.slots.loss, state.slots.gathered) == (9.0, 1)


def test_an_accumulated_gradient_that_is_nan_is_skipped_with_its_update() -> None:
    optimizer = opt.accumulated(PATIENT, 2)
    batches = [GOOD, BAD, BAD, GOOD, GOOD]
    step = nn.training_step(MAP, SQUARED, optimizer)
    state, reports = nn.fold(step, optimizer.init(FIRST), batches)
    assert [math.isnan(report.loss) for report in reports] == [each is BAD for each in batches]
    assert [report.samples for report in reports] == [4, 0, 0, 0, 4]
    assert state.slots.inner.total == 2


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_losses_that_are_numpy_scalars_become_floats(kind: Callable[[float], float]) -> None:
    step = nn.training_step(MAP, lambda y, target: (kind(1.5), y), WAITING)
    stepped, report = step(WAITING.init(FIRST), GOOD)
    updated, _ = WAITING.update(stepped, FIRST, kind(0.5))
    assert [type(loss) for loss in (report.loss, updated.slots.best)] == [float, float]


# --- predictions and measures --------------------------------------------------------------------


def test_predictions_depend_neither_on_batches_nor_on_the_source(tmp_path: Path) -> None:
    x, y = INPUTS, DATA.targets.take(range(100))
    np.save(tmp_path / "x.npy", x)
    mapped: Matrix = np.load(tmp_path / "x.npy", mmap_mode="r")
    expected = MODEL.apply(START.params, x)
    for size in (1, 7, 100, 1000):
        for inputs in (x, mapped, DATA, DATA.inputs, nn.dataset(mapped, y)):
            found = nn.predict(MODEL, START.params, inputs, batch_size=size)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
            assert (type(found), found.flags.writeable) == (np.ndarray, False)
        for source in (DATA, (mapped, y)):
            share = nn.evaluate(MODEL, START.params, source, nn.accuracy, size)
            assert share == pytest.approx(nn.accuracy(expected, y))
    wide, norm = normal(0, 1000, 8), layers.layer_norm()
    affine = norm.init(KEY, wide)
    one, other = (nn.predict(norm, affine, x) for x in (wide, np.asfortranarray(wide)))
    assert bits(one) == bits(other)


def test_a_model_of_two_inputs_trains_on_pairs() -> None:
    pair = layers.beside(nn.linear(2), nn.linear(1))
    model = pair >> layers.concatenate() >> nn.linear(1)
    left, right = normal(0, 200, 2), normal(1, 200, 3)
    data, optimizer = nn.dataset((left, right), left[:, :1] - 2.0 * right[:, 2:]), nn.adam(0.05)
    state = optimizer.init(model.init(KEY, data.example))
    step = nn.training_step(model, SQUARED, optimizer)
    for epoch in range(30):
        state, _ = nn.fold(step, state, nn.shuffled_batches(data, 20, KEY, epoch))
    assert nn.evaluate(model, state.params, data, SQUARED) < 1e-3
    whole = model.apply(state.params, (left, right))
    for inputs in ((left, right), data):
        np.testing.assert_allclose(nn.predict(model, state.params, inputs, 7), whole)
    check_close(
        nn.predict(pair, state.params[0], data, 7), pair.apply(state.params[0], (left, right))
    )


def test_dropout_differs_from_batch_to_batch_and_repeats_with_the_key() -> None:
    model = nn.dropout(0.5) >> nn.linear(1)
    x: Matrix = np.ones((8, 10))
    params = model.init(KEY, x)
    step = nn.training_step(model, SQUARED, STILL)
    same = [Batch(x, x[:, :1], KEY.child("batch", n)) for n in range(6)]
    _, reports = nn.fold(step, STILL.init(params), same)
    assert len({report.loss for report in reports}) == 6
    assert nn.fold(step, STILL.init(params), same)[1] == reports
    np.testing.assert_allclose(nn.predict(model, params, x, 3), params[1].weight.sum())


@dtypes
def test_accuracy_counts_rows_whose_largest_entry_is_the_targets(dtype: FloatDtype) -> None:
    scores = matrix([[0.1, 0.7, 0.2], [3.0, 2.0, 1.0], [-1.0, -2.0, -0.5], [0.2, 0.3, 0.5]], dtype)
    labels: Labels = np.array([1, 0, 2, 0], np.uint8)
    rows: Matrix = np.eye(3, dtype=dtype)[labels]
    assert nn.accuracy(scores, labels) == nn.accuracy(scores, rows) == 0.75
    assert type(nn.accuracy(scores, labels)) is float
    scores[1, 2] = math.nan
    assert math.isnan(nn.accuracy(scores, labels))


@dtypes
def test_binary_accuracy_counts_sides_of_the_threshold(dtype: FloatDtype) -> None:
    outputs, labels = matrix([[0.4], [0.6], [-2.0], [0.2]], dtype), np.array([0, 1, 0, 1])
    rows: Matrix = labels.astype(dtype)[:, np.newaxis]
    for target in (labels, rows):
        assert nn.binary_accuracy(0.5)(outputs, target) == 0.75
        assert nn.binary_accuracy(threshold=0.1)(outputs, target) == 0.75
        assert [one(outputs, target) for one in copies(nn.binary_accuracy(-3))] == [0.5] * 3
        assert nn.binary_accuracy(1e300)(outputs, target) == 0.5
    half = matrix([[0.5, 0.5], [0.6, 0.4]], dtype)
    assert nn.binary_accuracy(0.5)(half, matrix([[0, 0.5], [0.6, 1]], dtype)) == 0.75
    assert type(nn.binary_accuracy(0.5)(half, half)) is float
    outputs[2] = math.nan
    assert math.isnan(nn.binary_accuracy(0.5)(outputs, labels))


def test_a_summary_shows_each_layer_and_a_total() -> None:
    front = nn.flatten() >> layers.block(nn.linear(1000) >> nn.leaky_relu(0.1))
    model = front >> nn.linear(10) >> layers.softmax()
    images: Images = np.zeros((1, 28, 28, 1), np.float32)
    assert nn.summary(model, images).splitlines() == [
        "layer                                            output shape  parameters",
        "0  flatten()                                     (784,)                 0",
        "1  block(linear(1000) >> leaky_relu(slope=0.1))  (1000,)          785,000",
        "2  linear(10)                                    (10,)             10,010",
        "3  softmax()                                     (10,)                  0",
        "total                                                             795,010",
    ]
    x: Matrix = np.zeros((1, 2))
    two = layers.beside(nn.linear(2), nn.relu()) >> layers.concatenate()
    assert nn.summary(two, (x, x)).splitlines()[1].endswith("relu())  ((2,), (2,))           6")
    assert nn.summary(nn.linear(2), x).splitlines()[1] == "0  linear(2)  (2,)                   6"
    pair = nn.linear(2) >> nn.linear(1)
    own = nn.Layer(pair.init, pair.apply, pair.vjp)  # whose parameters are a bare tuple
    assert nn.summary(own, x).splitlines()[1].endswith("  (1,)                   9")
