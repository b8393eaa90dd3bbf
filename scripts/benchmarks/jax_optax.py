"""JAX with optax: the whole step compiled, with its arguments' memory donated to its results.

JAX returns from a step before it is computed, and waits only when a number is asked for. So there
are two contenders: one reads every loss, and so knows what purenn and PyTorch know after each step;
the other runs ahead and reads nothing until its turn, or the epoch, is over.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.contender import CHECKED, Contender
from benchmarks.workloads import DECAY, LIMIT, RATE, Workload, first_weights, images, samples

Order = np.ndarray[tuple[int], np.dtype[np.int64]]
Params = tuple[tuple[jax.Array, jax.Array], ...]
# The parameters, the optimizer's state, and the number of the next batch in its epoch: all that a
# step carries on stays with JAX, so that a step waits for nothing from Python.
State = tuple[Params, optax.OptState, jax.Array]
# (state, all inputs, all labels, order of the epoch) -> (state, loss)
Step = Callable[[State, jax.Array, jax.Array, jax.Array], tuple[State, jax.Array]]


def contender(workload: Workload) -> Contender:
    """JAX, set up for this job."""
    return Inference(workload) if workload.kind == "inference" else Training(workload)


def running_ahead(workload: Workload) -> Contender:
    """JAX, set up to train without a look at the losses."""
    return RunningAhead(workload)


def _params(workload: Workload) -> Params:
    return tuple((jnp.array(weight), jnp.array(bias)) for weight, bias in first_weights(workload))


def _logits(slope: float, params: Params, inputs: jax.Array) -> jax.Array:
    (weight, bias), *rest = params
    outputs = inputs @ weight + bias
    for weight, bias in rest:
        outputs = jax.nn.leaky_relu(outputs, slope) @ weight + bias
    return outputs


def _step(workload: Workload, optimizer: optax.GradientTransformation, batch: int) -> Step:
    """The step over batches of that size, compiled when it is first called."""

    def loss(params: Params, inputs: jax.Array, labels: jax.Array) -> jax.Array:
        logits = _logits(workload.slope, params, inputs)
        if workload.binary:
            return optax.sigmoid_binary_cross_entropy(logits[:, 0], labels).mean()
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    def step(
        state: State, inputs: jax.Array, labels: jax.Array, order: jax.Array
    ) -> tuple[State, jax.Array]:
        params, slots, number = state
        chosen = jax.lax.dynamic_slice_in_dim(order, number * workload.batch, batch)
        rows = inputs.at[chosen].get(mode="promise_in_bounds")
        if rows.dtype == jnp.uint8:
            rows = rows.astype(jnp.float32) * (1.0 / 255.0)
        targets = labels.at[chosen].get(mode="promise_in_bounds")
        value, grads = jax.value_and_grad(loss)(params, rows, targets)
        updates, slots = optimizer.update(grads, slots, params)
        return (optax.apply_updates(params, updates), slots, number + 1), value

    return jax.jit(step, donate_argnums=(0,))


class Training:
    """Training steps over shuffled batches, or whole epochs of them. Every loss is read."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        inputs, labels = images(workload) if workload.kind == "epoch" else samples(workload)
        self._inputs = jnp.array(inputs)
        self._labels = jnp.array(labels, jnp.float32 if workload.binary else jnp.int32)
        optimizer = optax.chain(optax.clip(LIMIT), optax.sgd(RATE, momentum=DECAY))
        params = _params(workload)
        self._state: State = (params, optimizer.init(params), jnp.array(0, jnp.int32))
        last = workload.samples - (workload.batches - 1) * workload.batch
        self._step = _step(workload, optimizer, workload.batch)
        self._last_step = _step(workload, optimizer, last)
        self._draw = np.random.default_rng(0)
        self._start(np.arange(workload.samples))

    def _start(self, order: Order) -> None:
        """Start an epoch in this order."""
        self._order = jnp.array(order, jnp.int32)
        self._position = 0
        params, slots, _ = self._state
        self._state = params, slots, jnp.array(0, jnp.int32)

    def _next(self) -> jax.Array:
        if self._position == self._workload.batches:
            self._start(self._draw.permutation(self._workload.samples))
        self._position += 1
        step = self._last_step if self._position == self._workload.batches else self._step
        self._state, loss = step(self._state, self._inputs, self._labels, self._order)
        return loss

    def check(self) -> list[float]:
        """The first losses, over batches in the data's own order."""
        losses: list[float] = []
        while len(losses) < CHECKED:
            if self._position == self._workload.batches:
                self._start(np.arange(self._workload.samples))
            losses.append(float(self._next()))
        self._start(self._draw.permutation(self._workload.samples))
        return losses

    def _train(self, steps: int) -> list[jax.Array]:
        """So many steps, and their losses."""
        losses: list[jax.Array] = []
        for _ in range(steps):
            losses.append(self._next())
            float(losses[-1])
        return losses

    def run(self, steps: int) -> None:
        """Train."""
        if self._workload.kind == "training":
            self._train(steps)
            jax.block_until_ready(self._state)
            return
        for epoch in range(steps):
            self._start(self._draw.permutation(self._workload.samples))
            losses = self._train(self._workload.batches)
            print(f"{epoch}: {float(jnp.stack(losses).mean()):.4f}")


class RunningAhead(Training):
    """As `Training`, and the losses are read when everything is done."""

    def _train(self, steps: int) -> list[jax.Array]:
        return [self._next() for _ in range(steps)]


class Inference:
    """Predictions for one batch, again and again."""

    def __init__(self, workload: Workload) -> None:
        def predict(params: Params, inputs: jax.Array) -> jax.Array:
            return _logits(workload.slope, params, inputs)

        self._predict = jax.jit(predict)
        self._params = _params(workload)
        self._inputs = jnp.array(samples(workload)[0])

    def check(self) -> list[float]:
        """The logits of the first sample."""
        return [float(logit) for logit in self._predict(self._params, self._inputs)[0]]

    def run(self, steps: int) -> None:
        """Predict, one answer after another."""
        for _ in range(steps):
            self._predict(self._params, self._inputs).block_until_ready()
