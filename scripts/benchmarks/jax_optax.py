"""JAX with optax: the whole step compiled, with its arguments' memory donated to its results."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.contender import CHECKED, Contender
from benchmarks.workloads import DECAY, LIMIT, RATE, Problem, Workload, problem

Params = tuple[tuple[jax.Array, jax.Array], ...]
# The parameters, the optimizer's state, and the number of the next batch in its epoch.
State = tuple[Params, optax.OptState, jax.Array]


def contender(workload: Workload) -> Contender:
    """JAX, set up for this job."""
    numbers = problem(workload)
    if workload.kind == "inference":
        return Inference(workload, numbers)
    return Training(workload, numbers)


def _params(numbers: Problem) -> Params:
    return tuple((jnp.array(weight), jnp.array(bias)) for weight, bias in numbers.weights)


def _logits(slope: float, params: Params, inputs: jax.Array) -> jax.Array:
    (weight, bias), *rest = params
    outputs = inputs @ weight + bias
    for weight, bias in rest:
        outputs = jax.nn.leaky_relu(outputs, slope) @ weight + bias
    return outputs


def _loss(workload: Workload, params: Params, inputs: jax.Array, labels: jax.Array) -> jax.Array:
    logits = _logits(workload.slope, params, inputs)
    if workload.binary:
        return optax.sigmoid_binary_cross_entropy(logits[:, 0], labels).mean()
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def _step(
    workload: Workload,
    optimizer: optax.GradientTransformation,
    batch: int,
    state: State,
    inputs: jax.Array,
    labels: jax.Array,
    order: jax.Array,
) -> tuple[State, jax.Array]:
    params, slots, number = state
    indices = jax.lax.dynamic_slice_in_dim(order, number * workload.batch, batch)
    samples = inputs.at[indices].get(mode="promise_in_bounds")
    if samples.dtype == jnp.uint8:
        samples = samples.astype(jnp.float32) * (1.0 / 255.0)
    targets = labels.at[indices].get(mode="promise_in_bounds")
    value, grads = jax.value_and_grad(partial(_loss, workload))(params, samples, targets)
    updates, slots = optimizer.update(grads, slots, params)
    return (optax.apply_updates(params, updates), slots, number + 1), value


class Training:
    """Training steps over shuffled batches, or whole epochs of them."""

    def __init__(self, workload: Workload, numbers: Problem) -> None:
        self._workload = workload
        self._inputs = jnp.array(numbers.inputs)
        kind = jnp.float32 if workload.binary else jnp.int32
        self._labels = jnp.array(numbers.labels, kind)
        optimizer = optax.chain(optax.clip(LIMIT), optax.sgd(RATE, momentum=DECAY))
        params = _params(numbers)
        self._state: State = (params, optimizer.init(params), jnp.array(0, jnp.int32))
        last = workload.samples - (workload.batches - 1) * workload.batch
        self._steps = tuple(
            jax.jit(partial(_step, workload, optimizer, size), donate_argnums=(0,))
            for size in (workload.batch, last)
        )
        self._draw = np.random.default_rng(0)
        self._start(np.arange(workload.samples))

    def _start(self, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Start an epoch in this order."""
        self._order = jnp.array(order, jnp.int32)
        self._position = 0
        params, slots, _ = self._state
        self._state = params, slots, jnp.array(0, jnp.int32)

    def _shuffle(self) -> None:
        self._start(self._draw.permutation(self._workload.samples))

    def _next(self) -> jax.Array:
        is_last = self._position == self._workload.batches - 1
        self._state, loss = self._steps[is_last](
            self._state, self._inputs, self._labels, self._order
        )
        self._position += 1
        return loss

    def check(self) -> list[float]:
        """The first losses, over batches in the data's own order."""
        losses: list[float] = []
        while len(losses) < CHECKED:
            if self._position == self._workload.batches:
                self._start(np.arange(self._workload.samples))
            losses.append(float(self._next()))
        self._shuffle()
        return losses

    def run(self, steps: int) -> None:
        """Train."""
        if self._workload.kind == "training":
            for _ in range(steps):
                if self._position == self._workload.batches:
                    self._shuffle()
                self._next()
            jax.block_until_ready(self._state)
            return
        for epoch in range(steps):
            self._shuffle()
            losses = [self._next() for _ in range(self._workload.batches)]
            print(f"{epoch}: {float(jnp.stack(losses).mean()):.4f}")


class Inference:
    """Predictions for one batch, again and again."""

    def __init__(self, workload: Workload, numbers: Problem) -> None:
        self._predict = jax.jit(partial(_logits, workload.slope))
        self._params = _params(numbers)
        self._inputs = jnp.array(numbers.inputs)

    def check(self) -> list[float]:
        """The logits of the first sample."""
        return [float(logit) for logit in self._predict(self._params, self._inputs)[0]]

    def run(self, steps: int) -> None:
        """Predict, one answer after another."""
        for _ in range(steps):
            self._predict(self._params, self._inputs).block_until_ready()
