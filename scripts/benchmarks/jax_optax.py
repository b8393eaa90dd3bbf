"""JAX with optax: the whole step compiled, with its arguments' memory donated to its results.

JAX returns from a step before it is computed, and waits only when a number is asked for. So there
are two modes: one reads every loss, and so knows what purenn and PyTorch know after each step; the
other runs ahead and waits only at the end of its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count, islice
from typing import TypeVar

import jax
import jax.numpy as jnp
import optax

from benchmarks.contenders import AHEAD, NETS
from benchmarks.worker import Run
from benchmarks.workloads import Workload

LAYOUT = ("NHWC", "HWIO", "NHWC")
K = TypeVar("K")

Params = list[tuple[jax.Array, ...]]
Moments = list[jax.Array]  # of each unit of a recipe the mean and variance
Kept = tuple[Moments, jax.Array]  # and a key
# (params, rows, what the net keeps besides) -> (logits, what it keeps then)
Net = Callable[[Params, jax.Array, K], tuple[jax.Array, K]]
# With the number of the next batch: a step waits for nothing from Python.
State = tuple[Params, optax.OptState, K, jax.Array]
# (state, all inputs, all labels, order of the epoch) -> (state, loss)
Step = Callable[[State[K], jax.Array, jax.Array, jax.Array], tuple[State[K], jax.Array]]


def contender(workload: Workload, mode: str) -> Run:
    """Inference, or training in one of the two modes."""
    if workload.kind in NETS:
        return _recipe(workload, mode)
    params: Params = [
        (jnp.array(weight), jnp.zeros(weight.shape[-1])) for weight in workload.first_weights()
    ]
    if workload.kind == "inference":
        return _inference(workload, params)
    momentum = optax.sgd(workload.rate, momentum=workload.decay)
    clipped = optax.chain(optax.clip(workload.limit), momentum)
    optimizer = optax.adam(workload.rate) if workload.kind == "adam" else clipped

    def net(params: Params, rows: jax.Array, kept: None) -> tuple[jax.Array, None]:
        return _logits(workload.slope, params, rows), kept

    return _trained(workload, net, params, None, optimizer, mode)


def _logits(slope: float, params: Params, inputs: jax.Array) -> jax.Array:
    (weight, bias), *rest = params
    outputs = inputs @ weight + bias
    for weight, bias in rest:
        outputs = jax.nn.leaky_relu(outputs, slope) @ weight + bias
    return outputs


def _trained(
    workload: Workload,
    net: Net[K],
    params: Params,
    kept: K,
    optimizer: optax.GradientTransformation,
    mode: str,
) -> Run:
    """Training of any net by any optimizer."""
    x, y = workload.data()
    inputs, labels = jnp.array(x), jnp.array(y, jnp.float32 if workload.binary else jnp.int32)
    state: State[K] = (params, optimizer.init(params), kept, jnp.array(0, jnp.int32))
    last = workload.samples - (workload.batches - 1) * workload.batch
    epoch = [_step(workload, net, optimizer, workload.batch)] * (workload.batches - 1)
    epoch.append(_step(workload, net, optimizer, last))
    orders = (jnp.array(order, jnp.int32) for order in map(workload.order, count()))
    calls = ((step, order) for order in orders for step in epoch)

    def run(steps: int) -> list[jax.Array]:
        nonlocal state
        losses: list[jax.Array] = []
        for step, order in islice(calls, steps):
            state, loss = step(state, inputs, labels, order)
            losses.append(loss)
            if mode != AHEAD:
                float(loss)
        jax.block_until_ready(state)
        return losses

    return run


def _step(
    workload: Workload, net: Net[K], optimizer: optax.GradientTransformation, batch: int
) -> Step[K]:
    """The step over batches of that size, compiled when it is first called."""

    def step(
        state: State[K], inputs: jax.Array, labels: jax.Array, order: jax.Array
    ) -> tuple[State[K], jax.Array]:
        params, slots, kept, number = state
        start = number % workload.batches * workload.batch
        chosen = jax.lax.dynamic_slice_in_dim(order, start, batch)
        rows = inputs.at[chosen].get(mode="promise_in_bounds")
        if rows.dtype == jnp.uint8:
            rows = rows.astype(jnp.float32) * (1.0 / 255.0)
        targets = labels.at[chosen].get(mode="promise_in_bounds")

        def loss(params: Params) -> tuple[jax.Array, K]:
            logits, after = net(params, rows, kept)
            if workload.binary:
                return optax.sigmoid_binary_cross_entropy(logits[:, 0], targets).mean(), after
            return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean(), after

        (value, kept), grads = jax.value_and_grad(loss, has_aux=True)(params)
        updates, slots = optimizer.update(grads, slots, params)
        return (optax.apply_updates(params, updates), slots, kept, number + 1), value

    return jax.jit(step, donate_argnums=(0,))


def _inference(workload: Workload, params: Params) -> Run:
    predict, inputs = jax.jit(partial(_logits, workload.slope)), jnp.array(workload.noise()[0])

    def run(steps: int) -> list[jax.Array]:
        for _ in range(1, steps):
            predict(params, inputs).block_until_ready()
        return list(predict(params, inputs)[0])

    return run


def _recipe(workload: Workload, mode: str) -> Run:
    """Training of a net of the recipes."""
    *kernels, last = map(jnp.array, workload.first_weights())
    sizes = [kernel.shape[-1] for kernel in kernels]
    # Of each unit a weight, a bias, and the scale and shift of batch normalization.
    params: Params = [
        (kernel, jnp.zeros(size), jnp.ones(size), jnp.zeros(size))
        for kernel, size in zip(kernels, sizes, strict=True)
    ]
    params.append((last, jnp.zeros(last.shape[-1])))
    decayed = [tuple(leaf.ndim > 1 for leaf in unit) for unit in params]
    optimizer = optax.adamw(workload.rate, weight_decay=0.01, mask=decayed)

    def net(params: Params, rows: jax.Array, kept: Kept) -> tuple[jax.Array, Kept]:
        moments, key = kept
        key, own = jax.random.split(key)
        logits, found = _recipe_logits(workload, params, rows, own)
        return logits, ([a * 0.9 + b * 0.1 for a, b in zip(moments, found, strict=True)], key)

    kept: Kept = ([jnp.zeros((2, size)) for size in sizes], jax.random.key(0))
    return _trained(workload, net, params, kept, optimizer, mode)


def _recipe_logits(
    workload: Workload, params: Params, x: jax.Array, key: jax.Array
) -> tuple[jax.Array, Moments]:
    *units, (weight, bias) = params
    rest, moments = iter(units), Moments()

    def unit(x: jax.Array) -> jax.Array:
        """What the next unit makes of it: a convolution of images."""
        kernel, *affine = next(rest)
        if x.ndim == 4:
            x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)
        else:
            x = x @ kernel
        y, found = _normalized(x, *affine)
        moments.append(found)
        return y

    if workload.kind == "normalized":
        for _ in units:
            key, own = jax.random.split(key)
            x = unit(x)
            x = jnp.where(jax.random.bernoulli(own, 0.7, x.shape), x / 0.7, 0.0)
        return x @ weight + bias, moments
    x = x.reshape(-1, 28, 28, 1)
    x = unit(_pooled(unit(x)))
    x = unit(_pooled(x + unit(x)))
    x = (x + unit(x)).mean((1, 2))
    return x @ weight + bias, moments


def _normalized(
    x: jax.Array, bias: jax.Array, scale: jax.Array, shift: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Batch normalization and ReLU of x + bias; the mean and variance of the batch."""
    x, axes = x + bias, tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    y = (x - mean) * (scale * jax.lax.rsqrt(variance + 1e-5)) + shift
    return jax.nn.relu(y), jax.lax.stop_gradient(jnp.stack([mean, variance]))


def _pooled(x: jax.Array) -> jax.Array:
    samples, rows, columns, channels = x.shape
    return x.reshape(samples, rows // 2, 2, columns // 2, 2, channels).max((2, 4))
