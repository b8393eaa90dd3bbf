"""The types of models, losses, optimizers, data and steps are exact, from end to end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import TypeVar, TypeVarTuple, assert_type

import attrs
import numpy as np

import purenn as nn
from purenn import Empty, Linear, layers, losses, optimizers, schedules
from purenn.arrays import Array, Images, Labels, Leaves, Matrix, Sequences, Shape, Vector
from purenn.data import AugmentedBatches, Batch, Batches, Dataset, ScaledBytes, augmented
from purenn.layers import BatchNorm, Block, Embedding, block, concatenate, embedding
from purenn.optimizers import Moments, Norm, Velocity
from purenn.training import Report, Step
from purenn.tree import leaves, rebuild, to_dtype

KEY = nn.Key(0)
Params = tuple[Linear, Empty, Linear]

A = TypeVar("A", bound=Array)
P = TypeVar("P")
S = TypeVar("S")
X = TypeVar("X")
Ps = TypeVarTuple("Ps")

x: Matrix = np.ones((2, 4), np.float32)
rows: Matrix = np.full((2, 2), 0.5, np.float32)
labels: Labels = np.array([0, 1], np.uint8)
symbol_rows: Sequences = np.array([[0, 1], [2, 0]], np.uint8)
images: Images = np.ones((2, 4, 4, 1), np.float32)
weights: Vector = np.ones(2)
model = nn.linear(3) >> nn.relu() >> nn.linear(2)
params = model.init(KEY, x)

# A chain's parameters are the exact tuple of its layers'.
deep = nn.linear(3) >> nn.batch_norm() >> nn.relu() >> layers.frozen(nn.linear(1))
Deep = tuple[Linear, BatchNorm, Empty, nn.Frozen[Linear]]
assert_type(deep, nn.Layer[Deep, Matrix, Matrix])
deep_params = deep.init(KEY, x)
assert_type(deep_params[0].weight, Matrix)
assert_type(deep_params[1].mean, nn.Frozen[Vector])
assert_type(deep_params[3].value.bias, Vector)


# Loops go over the layers of a chain; an initializer of one's own may draw in either dtype.
@nn.maker
def sparse(share: float) -> nn.initializers.Initializer:
    def draw(rng: np.random.Generator, shape: Shape) -> Array:
        return np.multiply(rng.random(shape, np.float32) < share, rng.standard_normal(shape))

    return nn.initializers.Initializer(draw)


for part in nn.linear(3, weight=sparse(0.5)) >> nn.relu():
    assert_type(part, nn.Layer[object, object, object])

# What stays whole does so on either side, whatever begins it.
whole = block(nn.dropout(0.1) >> nn.linear(2)) >> nn.tanh() >> block(nn.linear(1) >> nn.relu())
Whole = tuple[Block[tuple[Empty, Linear]], Empty, Block[tuple[Linear, Empty]]]
assert_type(whole.init(KEY, x), Whole)
blocks = nn.linear(2) >> layers.stack(*[block(nn.linear(2) >> nn.relu()) for _ in range(3)])
assert_type(blocks.init(KEY, x), tuple[Linear, layers.Stack[Block[tuple[Linear, Empty]]]])
again = nn.linear(3) >> layers.repeated(nn.linear(3) >> nn.tanh(), 2)
assert_type(again.init(KEY, x), tuple[Linear, Block[tuple[Linear, Empty]]])
towers = layers.shared(nn.linear(3) >> nn.tanh()) >> layers.add()
Towers = tuple[Block[tuple[Linear, Empty]], Empty]
assert_type(towers, nn.Layer[Towers, tuple[Matrix, Matrix], Matrix])
skip = nn.dropout(0.5) >> nn.residual(nn.linear(4)) >> nn.leaky_relu()
assert_type(skip, nn.Layer[tuple[Empty, Block[Linear], Empty], Matrix, Matrix])
forked = layers.branches(nn.linear(2), nn.tanh()) >> concatenate() >> nn.linear(1)
assert_type(forked, nn.Layer[tuple[layers.Both[Linear, Empty], Empty, Linear], Matrix, Matrix])
symbols = layers.branches(embedding(5, 3, np.float64), embedding(5, 2)) >> concatenate()
assert_type(symbols, nn.Layer[tuple[layers.Both[Embedding, Embedding], Empty], Labels, Matrix])
text = layers.sequence_embedding(9, 4) >> layers.conv(5, (1, 3)) >> layers.global_average_pool()
Text = tuple[Embedding, layers.Conv, Empty]
assert_type(text, nn.Layer[Text, Sequences, Matrix])
summed = layers.branches(layers.linear_without_bias(2), layers.ntk_linear(2)) >> layers.add()
Summed = tuple[layers.Both[layers.Weight, Linear], Empty]
assert_type(summed, nn.Layer[Summed, Matrix, Matrix])
gated = layers.branches(nn.linear(2), nn.linear(2) >> layers.sigmoid()) >> layers.multiply()
Gated = tuple[layers.Both[Linear, tuple[Linear, Empty]], Empty]
assert_type(gated, nn.Layer[Gated, Matrix, Matrix])
normed = layers.scale() >> nn.linear(3) >> layers.rms_norm() >> layers.prelu() >> layers.gelu()
Normed = tuple[layers.Scale, Linear, layers.Scale, layers.PRelu, Empty]
assert_type(normed, nn.Layer[Normed, Matrix, Matrix])
joined = layers.beside(nn.flatten() >> nn.linear(2), embedding(9, 2)) >> concatenate()
Joined = tuple[layers.Both[tuple[Empty, Linear], layers.Embedding], Empty]
assert_type(joined, nn.Layer[Joined, tuple[Images, Labels], Matrix])


# In a function of any layer, `block` keeps in one place what may be a chain.
def ended(body: nn.Layer[P, X, Matrix]) -> nn.Layer[tuple[Block[P], Linear], X, Matrix]:
    return block(body) >> nn.linear(1)


def longer(body: nn.Layer[tuple[*Ps], X, Matrix]) -> nn.Layer[tuple[*Ps, Linear], X, Matrix]:
    return body >> nn.linear(1)


for ends in (ended(model).init(KEY, x)[0].inner[2], longer(model).init(KEY, x)[2]):
    assert ends.weight.shape == (3, 2)

# Images stay images until they are flattened or averaged.
seen = layers.conv(8, 3) >> nn.batch_norm() >> nn.relu() >> layers.max_pool() >> layers.pad(1)
assert_type(seen, nn.Layer[tuple[layers.Conv, BatchNorm, Empty, Empty, Empty], Images, Images])
averaged = seen >> layers.global_average_pool() >> nn.linear(2)
Averaged = tuple[layers.Conv, BatchNorm, Empty, Empty, Empty, Empty, Linear]
assert_type(averaged, nn.Layer[Averaged, Images, Matrix])
# What keeps the shape has the rank of its neighbours, after them and before, and by a name too.
active = nn.batch_norm() >> nn.relu()
before = layers.conv(8, 3) >> nn.residual(active >> layers.conv(8, 3)) >> active >> layers.pad(1)
Active = tuple[BatchNorm, Empty]
Before = tuple[layers.Conv, Block[tuple[BatchNorm, Empty, layers.Conv]], Active, Empty]
assert_type(before, nn.Layer[Before, Images, Images])
assert_type(nn.linear(3) >> active, nn.Layer[tuple[Linear, Active], Matrix, Matrix])
decoded = nn.linear(49) >> layers.unflatten(7, 7) >> layers.upsample() >> layers.conv(1, 3)
assert_type(decoded, nn.Layer[tuple[Linear, Empty, Empty, layers.Conv], Matrix, Images])
distance: nn.Loss[Images, Images] = nn.mean_squared_error()
decoding = nn.training_step(decoded, distance, nn.sgd(0.1))
squeezed = layers.global_average_pool() >> nn.linear(8) >> layers.sigmoid()
excited = layers.branches(layers.conv(8, 3), squeezed) >> layers.multiply() >> nn.flatten()
Excited = layers.Both[layers.Conv, tuple[Empty, Linear, Empty]]
assert_type(excited, nn.Layer[tuple[Excited, Empty, Empty], Images, Matrix])
across: nn.Layer[Empty, Images, Images] = layers.identity()
dense = layers.branches(across, layers.conv(3, 1)) >> concatenate()
Dense = tuple[layers.Both[Empty, layers.Conv], Empty]
assert_type(dense, nn.Layer[Dense, Images, Images])


# Layers of one's own, of images and of any rank, take their place in a chain.
@nn.maker
def shifted(by: float) -> nn.Layer[Empty, Images, Images]:
    """A layer that adds a number."""

    def vjp(
        params: Empty, x: Images, key: nn.Key
    ) -> tuple[Images, nn.Pullback[Images, Empty, Images]]:
        return x + by, lambda dy: (params, lambda: dy)

    return nn.Layer(lambda key, x: Empty(), lambda params, x: x + by, vjp)


@nn.maker
def twice(inner: nn.Layer[Empty, A, A]) -> nn.Layer[Empty, A, A]:
    """A layer made of another."""

    def vjp(params: Empty, x: A, key: nn.Key) -> tuple[A, nn.Pullback[A, Empty, A]]:
        y, first = inner.vjp(params, x, key.child("first"))
        z, second = inner.vjp(params, y, key.child("second"))
        return z, lambda dz: first(second(dz)[1]())

    return nn.Layer(inner.init, lambda params, x: inner.apply(params, inner.apply(params, x)), vjp)


pooled: nn.Layer[Empty, tuple[Images, Images], Images] = layers.add()
grouped = shifted(0.5) >> layers.group_norm(2) >> layers.spatial_dropout(0.1) >> layers.silu()
assert_type(grouped, nn.Layer[tuple[Empty, layers.Affine, Empty, Empty], Images, Images])
vision = shifted(0.5) >> nn.relu() >> nn.batch_norm() >> nn.flatten() >> twice(nn.tanh())
Vision = tuple[Empty, Empty, BatchNorm, Empty, Empty]
assert_type(vision, nn.Layer[Vision, Images, Matrix])
wide = nn.flatten() >> nn.linear(1)
y, pull = wide.vjp(wide.init(KEY, images), images, KEY)
assert_type(pull, nn.Pullback[Matrix, tuple[Empty, Linear], Images])
assert_type(pull(y)[1](), Images)

# Trees keep their type.
assert_type(to_dtype(deep_params, np.dtype(np.float64))[0], Linear)
assert_type(nn.map_leaves(np.negative, deep_params)[0], Linear)
assert_type(rebuild(deep_params, leaves(deep_params))[0], Linear)

# Losses: classifiers take rows or labels; a function of one's own is a loss too.
entropy = nn.softmax_cross_entropy()
assert_type(entropy(rows, labels), tuple[float, Matrix])
assert_type(losses.weighted(entropy), nn.Loss[Matrix, tuple[Matrix | Labels, Vector | Labels]])
assert_type(losses.class_weighted(entropy, [1.0, 2.0]), nn.Loss[Matrix, Matrix | Labels])
padded = losses.ignoring(losses.softmax_focal(), -1)
assert_type(losses.class_weighted(padded, np.ones(2)), nn.Loss[Matrix, Matrix | Labels])
assert_type(nn.binary_cross_entropy_with_logits(np.ones(2)), nn.Loss[Matrix, Matrix | Labels])
assert_type(losses.ignoring(losses.multiclass_hinge(), -1), nn.Loss[Matrix, Labels])
heads = losses.combined(entropy, losses.brier(), (1.0, 0.5))
assert_type(heads((rows, rows), (labels, rows)), tuple[float, tuple[Matrix, Matrix]])
robust: nn.Loss[Vector, Vector] = losses.huber()
by_labels: nn.Loss[Matrix, Labels] = losses.summed(entropy)
by_rows: nn.Loss[Matrix, Matrix] = losses.reporting(losses.brier(), descent=entropy)


def scaled_loss(prediction: Matrix, target: tuple[Labels, float]) -> tuple[float, Matrix]:
    value, cotangent = entropy(prediction, target[0])
    return target[1] * value, target[1] * cotangent


value, grads = nn.value_and_grad(model, scaled_loss)(params, x, (labels, 0.5), KEY)
assert_type(value, float)
assert_type(grads, Params)


# Transforms chain to the exact tuple of their states, those of one's own among them.
@attrs.frozen(eq=False)
class Sums(nn.Node):
    """The state of `summing`."""

    leaves: Leaves


@nn.maker
def summing(by: float) -> nn.Transform[Sums]:
    """A transform of one's own: gradients and all that were before."""

    def update(state: Sums, grads: Leaves, point: nn.Point) -> tuple[Sums, Leaves]:
        sums = tuple([by * s + g for s, g in zip(state.leaves, grads, strict=True)])
        return Sums(sums), sums

    return nn.Transform(lambda point: Sums(tuple(map(np.zeros_like, point.params))), update)


clip = len(labels) > 1
maybe = nn.clip_by_value(1.0) if clip else optimizers.unchanged()
transform = maybe >> nn.clip_by_global_norm(1.0) >> summing(0.9) >> nn.momentum(0.9)
optimizer = nn.descend(transform, rate=0.1)
State = nn.State[Params, tuple[nn.Empty, Norm, Sums, Velocity]]
state = optimizer.init(params)
assert_type(state, State)
assert_type(optimizer.update(state, grads), tuple[State, Params])
assert_type(nn.adam(0.1), nn.Optimizer[Moments])
free = optimizers.schedule_free_sgd(0.1)
assert_type(optimizers.averaged_params(free.init(params)), Params)


# Masks and rates go by name or rank, and states of wrappers hold those of what is inside.
def is_weight(path: str, leaf: Array) -> bool:
    return path.endswith("weight") and leaf.ndim > 1


def slow_start(path: str) -> float:
    return 0.1 if path.startswith("0.") else 1.0


decaying = nn.weight_decay(0.1) >> nn.weight_decay(0.1, is_weight) >> optimizers.scaled(slow_start)
shaped = optimizers.plateau(3) >> decaying
Shaped = tuple[optimizers.Plateau, tuple[Empty, Empty, Empty]]
assert_type(shaped, nn.Transform[Shaped])
skipping = optimizers.skip_nonfinite(nn.descend(shaped, schedules.cosine(0.1, steps=9)), limit=3)
wrapped = optimizers.averaged(optimizers.accumulated(optimizers.lookahead(skipping), 2))
Skipped = optimizers.Skipping[Shaped]
Wrapped = optimizers.Averaged[optimizers.Accumulated[optimizers.Lookahead[Skipped]]]
assert_type(wrapped, nn.Optimizer[Wrapped])
assert_type(optimizers.averaged_params(wrapped.init(params)), Params)
assert_type(optimizers.evaluation_params(skipping.init(params)), Params)


# An optimizer that is chosen at run time has a state of some type S.
def train(chosen: nn.Optimizer[S], data: Dataset[Matrix, Labels]) -> Params:
    step = nn.training_step(model, by_labels, chosen)
    done, _ = nn.fold(step, chosen.init(params), nn.shuffled_batches(data, 2, KEY, 0))
    return done.params


# Data sets and batches know their arrays.
data = nn.dataset(x, labels)
assert_type(train(nn.adam(0.1), data) if clip else train(nn.sgd(0.1), data), Params)
weighty = nn.dataset(x, (labels, weights))
assert_type(weighty, Dataset[Matrix, tuple[Labels, Vector]])
assert_type(nn.dataset((x, labels), rows), Dataset[tuple[Matrix, Labels], Matrix])
nested = nn.dataset(((x, x), labels), rows)
assert_type(nested, Dataset[tuple[tuple[Matrix, Matrix], Labels], Matrix])
batches = nn.shuffled_batches(data, 2, KEY, 0)
assert_type(batches[0], Batch[Matrix, Labels])
assert_type(batches[1:], Batches[Matrix, Labels])
assert_type(data.select(labels > 0), Dataset[Matrix, Labels])
assert_type(nn.data.arranged_batches(data, 2, KEY, labels > 0), Batches[Matrix, Labels])
pictures = nn.dataset(ScaledBytes(np.zeros((2, 4, 4, 1), np.uint8)), labels)
assert_type(nn.dataset(labels, pictures.inputs), Dataset[Labels, Images])  # for decoders
assert_type(pictures.example, Images)


class Ramp(nn.data.Column[Vector]):
    def __len__(self) -> int:
        return 2

    def take(self, selection: nn.data.Selection) -> Vector:
        found: Vector = np.asarray(selection).astype(np.float32)
        return found


assert_type(nn.dataset(x, Ramp()), Dataset[Matrix, Vector])

# Augmented batches have the inputs' type; what is mixed has rows as targets.
drawn = nn.shuffled_batches(pictures, 2, KEY, 0)
changed = augmented(drawn, nn.data.random_flip(), nn.data.gaussian_noise(0.1))
assert_type(changed, AugmentedBatches[Images, Labels])
assert_type(changed[1:], AugmentedBatches[Images, Labels])
mixup = nn.data.mixup(0.2, classes=2)
assert_type(augmented(drawn, nn.data.cutout(2), mixing=mixup)[0], Batch[Images, Matrix])
assert_type(augmented(batches, mixing=mixup), AugmentedBatches[Matrix, Matrix])
assert_type(mixup(images, labels, KEY), tuple[Images, Matrix])
assert_type(nn.data.cutmix(0.2, 2)(images, labels, KEY), tuple[Images, Matrix])
assert_type(nn.data.gaussian_noise(0.1)(images, KEY), Images)


def darker(batch: Images, key: nn.Key) -> Array:
    return batch * key.generator().random()


dark = nn.data.Augmentation(darker)
assert_type(augmented(drawn, dark, nn.data.gaussian_noise(0.1)), AugmentedBatches[Images, Labels])
assert_type(dark(images, KEY), Images)


def reversed_lines(batch: Sequences, key: nn.Key) -> Sequences:
    return batch[:, ::-1]


lines = nn.shuffled_batches(nn.dataset(symbol_rows, labels), 2, KEY, 0)
turned = nn.data.Augmentation(reversed_lines)
assert_type(augmented(lines, turned), AugmentedBatches[Sequences, Labels])
assert turned(symbol_rows, KEY).tolist() == [[1, 0], [0, 2]]
assert_type(nn.data.split(data, 0.5, KEY, labels)[0], Dataset[Matrix, Labels])
fit = nn.data.standardization(x)
assert_type(fit(x), Matrix)
standard = nn.dataset(nn.data.Standardized(data.inputs, fit), labels)
assert_type(standard, Dataset[Matrix, Labels])

# The step takes the state and batches of the model's inputs and the loss's targets.
step = nn.training_step(model, by_labels, optimizer)
assert_type(step, Step[State, Batch[Matrix, Labels], Report])
assert_type(nn.fold(step, state, batches), tuple[State, tuple[Report, ...]])
assert_type(nn.scan(step, state, batches), Iterator[tuple[State, Report]])
general = nn.training_step(model, losses.weighted(entropy), optimizer)  # of more targets than these
assert_type(nn.fold(general, state, nn.shuffled_batches(weighty, 2, KEY, 0))[0], State)

several = nn.linear(3) >> layers.branches(nn.linear(2), nn.linear(2) >> layers.softmax())
by_heads = nn.training_step(several, heads, nn.sgd(0.1))
both_told = nn.shuffled_batches(nn.dataset(x, (labels, rows)), 2, KEY, 0)
headed = nn.sgd(0.1).init(several.init(KEY, x))
assert_type(nn.fold(by_heads, headed, both_told)[1], tuple[Report, ...])

# Derivatives have the types of what they are taken by.
assert_type(nn.training.input_gradient(wide, wide.init(KEY, images), images), Images)
by_loss = nn.training.input_gradient(model, params, x, lambda out: entropy(out, labels)[1])
assert_type(by_loss, Matrix)
of_labels = nn.training.chosen_output(labels)
assert_type(nn.training.input_gradient(model, params, x, of_labels), Matrix)
two = joined.init(KEY, (images, labels))
by_two = nn.training.input_gradient(joined, two, (images, labels))
assert_type(by_two, tuple[Images, Labels])
assert_type(nn.training.jacobian(seen, seen.init(KEY, images), images), Array)
curved = nn.training.hessian_vector_product(model, entropy, params, batches[0], params)
assert_type(curved, Params)
started = layers.lsuv(nn.linear(3) >> nn.relu()) >> nn.linear(2)
assert_type(started, nn.Layer[Params, Matrix, Matrix])

# Predictions and measures.
assert_type(nn.predict(model, params, data), Matrix)
assert_type(nn.predict(model, params, x), Matrix)
assert_type(nn.evaluate(model, params, data, nn.accuracy), float)
assert_type(nn.evaluate(model, params, (x, labels), entropy), float)
known = nn.training.measure_ignoring(nn.accuracy, -1)
assert_type(nn.evaluate(model, params, data, known), float)
assert_type(nn.predict(wide, wide.init(KEY, pictures.example), pictures), Matrix)

# Files: with a template the exact type comes back, without one an object.
with tempfile.TemporaryDirectory() as folder:
    nn.save(f"{folder}/params", params)
    assert_type(nn.load(f"{folder}/params", like=params), Params)
    assert_type(nn.load(f"{folder}/params"), object)
