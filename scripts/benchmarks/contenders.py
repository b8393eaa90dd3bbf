"""The contenders, by name. Each is imported in its own process only."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

import attrs

from benchmarks.contender import Contender
from benchmarks.workloads import Workload

PRODUCTS = "matrix products alone"
PURENN = "purenn"
TORCH = ("PyTorch, fused SGD", "PyTorch, foreach SGD")
JAX = "JAX + optax"
SKLEARN = "scikit-learn"

Setup = Callable[[Workload], Contender]


@attrs.frozen
class Entry:
    """How a contender is set up, and the packages that it needs, the first of which names it."""

    setup: Setup
    packages: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed here."""
        return tuple(name for name in self.packages if find_spec(name) is None)

    @property
    def version(self) -> str:
        """The version of the first package."""
        return version(self.packages[0]) if find_spec(self.packages[0]) else ""


def _products(workload: Workload) -> Contender:
    from benchmarks import products

    return products.contender(workload)


def _purenn(workload: Workload) -> Contender:
    from benchmarks import pure

    return pure.contender(workload)


def _torch_fused(workload: Workload) -> Contender:
    from benchmarks import pytorch

    return pytorch.fused(workload)


def _torch_foreach(workload: Workload) -> Contender:
    from benchmarks import pytorch

    return pytorch.foreach(workload)


def _jax(workload: Workload) -> Contender:
    from benchmarks import jax_optax

    return jax_optax.contender(workload)


def _sklearn(workload: Workload) -> Contender:
    from benchmarks import multilayer

    return multilayer.contender(workload)


CONTENDERS = {
    PRODUCTS: Entry(_products, ("numpy",)),
    PURENN: Entry(_purenn, ("purenn",)),
    TORCH[0]: Entry(_torch_fused, ("torch",)),
    TORCH[1]: Entry(_torch_foreach, ("torch",)),
    JAX: Entry(_jax, ("jax", "optax")),
    SKLEARN: Entry(_sklearn, ("sklearn",)),
}


def names(workload: Workload) -> tuple[str, ...]:
    """The contenders that can express a job, the first of which is what ratios refer to.

    scikit-learn's nets have plain ReLUs only, no clipping, and train for whole epochs. Inference
    has no optimizer, so PyTorch stands there once.
    """
    chosen = [name for name in CONTENDERS if name != SKLEARN or workload.kind != "training"]
    if workload.kind == "inference":
        chosen.remove(TORCH[1])
    return tuple(chosen)
