"""JAX with optax: the nets of the recipes, written out, with the whole step compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain, count, islice

import jax
import jax.numpy as jnp
import optax

from benchmarks.worker import Run
from benchmarks.workloads import Workload

# A weight, a bias, and the scale and shift of batch normalization.
Unit = tuple[jax.Array, jax.Array, jax.Array, jax.Array]
Params = tuple[list[Unit], jax.Array, jax.Array]
Moments = list[jax.Array]
Net = Callable[[Params, jax.Array, jax.Array], tuple[jax.Array, Moments]]


def contender(workload: Workload, mode: str) -> Run:
    """Training, with each loss read."""
    x, y = workload.noise()
    inputs, labels = jnp.array(x), jnp.array(y, jnp.int32)
    if workload.kind == "cnn-small":
        inputs, net, weights = (
            inputs.reshape(-1, 28, 28, 1),
            _convolutions,
            workload.first_filters(),
        )
        last = workload.last_weight()
    else:
        *hidden, (last, _) = workload.first_weights()
        net, weights = _perceptron, [weight for weight, _ in hidden]
    units = [_first(jnp.array(weight)) for weight in weights]
    params: Params = (units, jnp.array(last), jnp.zeros(last.shape[1]))
    optimizer = optax.adamw(workload.rate, weight_decay=0.01)
    step, slots = (
        jax.jit(partial(_step, net, optimizer), donate_argnums=(0, 1, 2)),
        optimizer.init(params),
    )
    key, moments = jax.random.key(0), [jnp.zeros(2 * unit[1].size) for unit in units]
    batches = chain.from_iterable(
        (
            order[start : start + workload.batch]
            for start in range(0, workload.samples, workload.batch)
        )
        for order in map(workload.order, count())
    )

    def run(steps: int) -> list[float]:
        nonlocal params, slots, moments, key
        losses: list[float] = []
        for indices in islice(batches, steps):
            params, slots, moments, key, loss = step(
                params, slots, moments, key, inputs, labels, jnp.array(indices, jnp.int32)
            )
            losses.append(float(loss))
        return losses

    return run


def _first(weight: jax.Array) -> Unit:
    zeros = jnp.zeros(weight.shape[-1])
    return weight, zeros, zeros + 1.0, zeros


def _step(
    net: Net,
    optimizer: optax.GradientTransformation,
    params: Params,
    slots: optax.OptState,
    moments: Moments,
    key: jax.Array,
    inputs: jax.Array,
    labels: jax.Array,
    indices: jax.Array,
) -> tuple[Params, optax.OptState, Moments, jax.Array, jax.Array]:
    key, own = jax.random.split(key)

    def loss(params: Params) -> tuple[jax.Array, Moments]:
        logits, found = net(params, inputs[indices], own)
        values = optax.softmax_cross_entropy_with_integer_labels(logits, labels[indices])
        return values.mean(), found

    (value, found), grads = jax.value_and_grad(loss, has_aux=True)(params)
    updates, slots = optimizer.update(grads, slots, params)
    running = [0.9 * old + 0.1 * new for old, new in zip(moments, found, strict=True)]
    return optax.apply_updates(params, updates), slots, running, key, value


def _normalized(x: jax.Array, unit: Unit) -> tuple[jax.Array, jax.Array]:
    _, _, scale, shift = unit
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    y = (x - mean) * (scale * jax.lax.rsqrt(variance + 1e-5)) + shift
    return jax.nn.relu(y), jax.lax.stop_gradient(jnp.concatenate([mean, variance]))


def _perceptron(params: Params, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Moments]:
    units, weight, bias = params
    moments: Moments = []
    for number, unit in enumerate(units):
        x, found = _normalized(x @ unit[0] + unit[1], unit)
        kept = jax.random.bernoulli(jax.random.fold_in(key, number), 0.7, x.shape)
        x = jnp.where(kept, x / 0.7, 0.0)
        moments.append(found)
    return x @ weight + bias, moments


def _convolutions(params: Params, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Moments]:
    units, weight, bias = params
    moments: Moments = []

    def unit(x: jax.Array, number: int) -> jax.Array:
        own = units[number]
        layout = ("NHWC", "HWIO", "NHWC")
        y = jax.lax.conv_general_dilated(x, own[0], (1, 1), "SAME", dimension_numbers=layout)
        y, found = _normalized(y + own[1], own)
        moments.append(found)
        return y

    x = unit(_pooled(unit(x, 0)), 1)
    x = unit(_pooled(x + unit(x, 2)), 3)
    x = x + unit(x, 4)
    return x.mean((1, 2)) @ weight + bias, moments


def _pooled(x: jax.Array) -> jax.Array:
    samples, rows, columns, channels = x.shape
    return x.reshape(samples, rows // 2, 2, columns // 2, 2, channels).max((2, 4))
