"""JAX with optax: the whole step compiled, with its arguments' memory donated to its results.

JAX returns from a step before it is computed, and waits only when a number is asked for. So there
are two modes: one reads every loss, and so knows what purenn and PyTorch know after each step; the
other runs ahead and waits only at the end of its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count, islice

import jax
import jax.numpy as jnp
import optax

from benchmarks.contenders import JAX
from benchmarks.worker import Run
from benchmarks.workloads import Workload

Params = list[tuple[jax.Array, jax.Array]]
# With the number of the next batch: a step waits for nothing from Python.
State = tuple[Params, optax.OptState, jax.Array]
# (state, all inputs, all labels, order of the epoch) -> (state, loss)
Step = Callable[[State, jax.Array, jax.Array, jax.Array], tuple[State, jax.Array]]


def contender(workload: Workload, mode: str) -> Run:
    """Inference, or training in one of the two modes."""
    params = [(jnp.array(weight), jnp.array(bias)) for weight, bias in workload.first_weights()]
    inference = workload.kind == "inference"
    return _inference(workload, params) if inference else _training(workload, params, mode)


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
        start = number % workload.batches * workload.batch
        chosen = jax.lax.dynamic_slice_in_dim(order, start, batch)
        rows = inputs.at[chosen].get(mode="promise_in_bounds")
        if rows.dtype == jnp.uint8:
            rows = rows.astype(jnp.float32) * (1.0 / 255.0)
        targets = labels.at[chosen].get(mode="promise_in_bounds")
        value, grads = jax.value_and_grad(loss)(params, rows, targets)
        updates, slots = optimizer.update(grads, slots, params)
        return (optax.apply_updates(params, updates), slots, number + 1), value

    return jax.jit(step, donate_argnums=(0,))


def _training(workload: Workload, params: Params, mode: str) -> Run:
    x, y = workload.data()
    inputs, labels = jnp.array(x), jnp.array(y, jnp.float32 if workload.binary else jnp.int32)
    momentum = optax.sgd(workload.rate, momentum=workload.decay)
    clipped = optax.chain(optax.clip(workload.limit), momentum)
    optimizer = optax.adam(workload.rate) if workload.kind == "adam" else clipped
    state: State = (params, optimizer.init(params), jnp.array(0, jnp.int32))
    last = workload.samples - (workload.batches - 1) * workload.batch
    epoch = [_step(workload, optimizer, workload.batch)] * (workload.batches - 1)
    epoch.append(_step(workload, optimizer, last))
    orders = (jnp.array(order, jnp.int32) for order in map(workload.order, count()))
    calls = ((step, order) for order in orders for step in epoch)

    def run(steps: int) -> list[jax.Array]:
        nonlocal state
        losses: list[jax.Array] = []
        for step, order in islice(calls, steps):
            state, loss = step(state, inputs, labels, order)
            losses.append(loss)
            if mode == JAX:
                float(loss)
        jax.block_until_ready(state)
        return losses

    return run


def _inference(workload: Workload, params: Params) -> Run:
    predict, inputs = jax.jit(partial(_logits, workload.slope)), jnp.array(workload.noise()[0])

    def run(steps: int) -> list[jax.Array]:
        for _ in range(1, steps):
            predict(params, inputs).block_until_ready()
        return list(predict(params, inputs)[0])

    return run
