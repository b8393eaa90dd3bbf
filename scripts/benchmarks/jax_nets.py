"""JAX with optax: the nets of the recipes, written out, with the whole step compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice

import jax
import jax.numpy as jnp
import optax

from benchmarks.worker import Run
from benchmarks.workloads import Workload

# Of each unit a weight, a bias, and the scale and shift of batch normalization.
Params = list[tuple[jax.Array, ...]]  # the last is a weight and a bias alone
Moments = list[jax.Array]  # of each unit the mean and variance
State = tuple[Params, optax.OptState, Moments, jax.Array]
# (params, inputs, key) -> (logits, moments of the batch)
Net = Callable[[Params, jax.Array, jax.Array], tuple[jax.Array, Moments]]


def contender(workload: Workload, mode: str) -> Run:
    """Training, with each loss read."""
    x, y = workload.noise()
    inputs, labels, net = jnp.array(x), jnp.array(y, jnp.int32), _perceptron
    if workload.kind != "normalized":
        inputs = inputs.reshape(-1, 28, 28, 1)
        net = _strided if workload.kind == "quick" else _convolutions
    params = [_first(jnp.array(kernel)) for kernel in workload.first_kernels()]
    params[-1] = params[-1][:2]
    decayed = [tuple(leaf.ndim > 1 for leaf in unit) for unit in params]
    optimizer = optax.adamw(workload.rate, weight_decay=0.01, mask=decayed)
    moments = [jnp.zeros((2, unit[1].size)) for unit in params[:-1]]
    state: State = (params, optimizer.init(params), moments, jax.random.key(0))
    step = jax.jit(partial(_step, net, optimizer), donate_argnums=(0,))
    batches = workload.indices()

    def run(steps: int) -> list[float]:
        nonlocal state
        losses: list[float] = []
        for indices in islice(batches, steps):
            state, loss = step(state, inputs, labels, jnp.array(indices, jnp.int32))
            losses.append(float(loss))
        return losses

    return run


def _first(kernel: jax.Array) -> tuple[jax.Array, ...]:
    size = kernel.shape[-1]
    return kernel, jnp.zeros(size), jnp.ones(size), jnp.zeros(size)


def _step(
    net: Net,
    optimizer: optax.GradientTransformation,
    state: State,
    inputs: jax.Array,
    labels: jax.Array,
    indices: jax.Array,
) -> tuple[State, jax.Array]:
    params, slots, moments, key = state
    key, own = jax.random.split(key)
    rows = inputs.at[indices].get(mode="promise_in_bounds")
    targets = labels.at[indices].get(mode="promise_in_bounds")

    def loss(params: Params) -> tuple[jax.Array, Moments]:
        logits, found = net(params, rows, own)
        return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean(), found

    (value, found), grads = jax.value_and_grad(loss, has_aux=True)(params)
    updates, slots = optimizer.update(grads, slots, params)
    running = [old * 0.9 + new * 0.1 for old, new in zip(moments, found, strict=True)]
    return (optax.apply_updates(params, updates), slots, running, key), value


def _perceptron(params: Params, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Moments]:
    *units, (weight, bias) = params
    moments: Moments = []
    for unit in units:
        key, own = jax.random.split(key)
        x, found = _normalized(x @ unit[0], unit)
        x = _dropped(x, own, 0.3)
        moments.append(found)
    return x @ weight + bias, moments


def _convolutions(params: Params, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Moments]:
    *units, (weight, bias) = params
    moments: Moments = []

    def convolved(x: jax.Array, number: int) -> jax.Array:
        y, found = _convolved(x, units[number], 1)
        moments.append(found)
        return y

    x = convolved(_pooled(convolved(x, 0)), 1)
    x = convolved(_pooled(x + convolved(x, 2)), 3)
    x = x + convolved(x, 4)
    return x.mean((1, 2)) @ weight + bias, moments


def _strided(params: Params, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Moments]:
    *units, (weight, bias) = params
    moments: Moments = []
    for unit in units:
        x, found = _convolved(x, unit, 2)
        moments.append(found)
    return _dropped(x.reshape(x.shape[0], -1), key, 0.1) @ weight + bias, moments


def _convolved(
    x: jax.Array, unit: tuple[jax.Array, ...], stride: int
) -> tuple[jax.Array, jax.Array]:
    strides, layout = (stride, stride), ("NHWC", "HWIO", "NHWC")
    y = jax.lax.conv_general_dilated(x, unit[0], strides, "SAME", dimension_numbers=layout)
    return _normalized(y, unit)


def _dropped(x: jax.Array, key: jax.Array, rate: float) -> jax.Array:
    return jnp.where(jax.random.bernoulli(key, 1.0 - rate, x.shape), x / (1.0 - rate), 0.0)


def _normalized(x: jax.Array, unit: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
    _, bias, scale, shift = unit
    x, axes = x + bias, tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    y = (x - mean) * (scale * jax.lax.rsqrt(variance + 1e-5)) + shift
    return jax.nn.relu(y), jax.lax.stop_gradient(jnp.stack([mean, variance]))


def _pooled(x: jax.Array) -> jax.Array:
    samples, rows, columns, channels = x.shape
    return x.reshape(samples, rows // 2, 2, columns // 2, 2, channels).max((2, 4))
