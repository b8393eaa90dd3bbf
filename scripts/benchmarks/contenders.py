"""The contenders, by name. Each is imported in its own process only."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import attrs

from benchmarks.contender import Contender
from benchmarks.workloads import Workload

PRODUCTS = "matrix products alone"
PURENN = "purenn"
TORCH = "PyTorch"
TORCH_FUSED = "PyTorch, fused SGD"
TORCH_FOREACH = "PyTorch, foreach SGD"
JAX = "JAX + optax"
JAX_AHEAD = "JAX + optax, running ahead"
SKLEARN = "scikit-learn"

Setup = Callable[[Workload], Contender]


@attrs.frozen
class Entry:
    """How a contender is set up, and the packages that it needs."""

    setup: Setup
    packages: tuple[str, ...]

    @property
    def is_missing(self) -> bool:
        """Whether one of its packages is not installed here."""
        return not all(map(find_spec, self.packages))


def _products(workload: Workload) -> Contender:
    from benchmarks import products

    return products.contender(workload)


def _purenn(workload: Workload) -> Contender:
    from benchmarks import pure

    return pure.contender(workload)


def _torch(workload: Workload) -> Contender:
    from benchmarks import pytorch

    return pytorch.inference(workload)


def _torch_fused(workload: Workload) -> Contender:
    from benchmarks import pytorch

    return pytorch.training(workload, "fused")


def _torch_foreach(workload: Workload) -> Contender:
    from benchmarks import pytorch

    return pytorch.training(workload, "foreach")


def _jax(workload: Workload) -> Contender:
    from benchmarks import jax_optax

    return jax_optax.contender(workload)


def _jax_ahead(workload: Workload) -> Contender:
    from benchmarks import jax_optax

    return jax_optax.running_ahead(workload)


def _sklearn(workload: Workload) -> Contender:
    from benchmarks import multilayer

    return multilayer.contender(workload)


CONTENDERS = {
    PRODUCTS: Entry(_products, ("numpy",)),
    PURENN: Entry(_purenn, ("purenn",)),
    TORCH: Entry(_torch, ("torch",)),
    TORCH_FUSED: Entry(_torch_fused, ("torch",)),
    TORCH_FOREACH: Entry(_torch_foreach, ("torch",)),
    JAX: Entry(_jax, ("jax", "optax")),
    JAX_AHEAD: Entry(_jax_ahead, ("jax", "optax")),
    SKLEARN: Entry(_sklearn, ("sklearn",)),
}


def names(workload: Workload) -> tuple[str, ...]:
    """The contenders that can express a job; ratios refer to the first.

    scikit-learn's nets have plain ReLUs only, and no clipping: they are left out where steps are
    timed one by one, and take part where a whole epoch is.
    """
    if workload.kind == "inference":
        return PRODUCTS, PURENN, TORCH, JAX, SKLEARN
    trained = (PRODUCTS, PURENN, TORCH_FUSED, TORCH_FOREACH, JAX, JAX_AHEAD)
    return (*trained, SKLEARN) if workload.kind == "epoch" else trained
