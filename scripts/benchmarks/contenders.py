"""The contenders: where each stands in the table, what it needs and where it takes part."""

from __future__ import annotations

from typing import get_args

import attrs

from benchmarks.workloads import Kind, Nets

PURENN, PORTABLE = "purenn", "purenn, portable"
TORCH, JAX, AHEAD = "PyTorch, best mode", "JAX, losses read", "JAX, running ahead"


@attrs.frozen
class Contender:
    """Someone who runs workloads."""

    column: str  # of the table, where the fastest contender of a column counts
    color: str  # in pictures; by Okabe and Ito, for every color vision
    module: str  # of this package, which sets it up
    packages: tuple[str, ...]  # that it needs, the one whose import is measured first
    kinds: tuple[Kind, ...]  # of workloads that it takes part in
    mode: str = ""  # tells those of one module apart
    path: str = ""  # a folder to import from before all others


STEPS: tuple[Kind, ...] = ("training", "adam", "epoch")
NETS: tuple[Kind, ...] = get_args(Nets)
ALL: tuple[Kind, ...] = get_args(Kind)
CONTENDERS = (
    Contender("products alone", "#000000", "products", ("numpy",), (*STEPS, "inference", "import")),
    # Its `purenn` imports modules when they are asked for; with `training` come nearly all.
    Contender(PURENN, "#0072B2", "pure", ("purenn.training",), ALL),
    Contender(PORTABLE, "#56B4E9", "pure", ("purenn",), (*STEPS, *NETS), PORTABLE),
    Contender(TORCH, "#D55E00", "pytorch", ("torch",), ALL, "fused"),
    Contender(TORCH, "#D55E00", "pytorch", ("torch",), STEPS, "foreach"),
    Contender(JAX, "#E69F00", "jax_optax", ("jax", "optax"), ALL, JAX),
    Contender(AHEAD, "#009E73", "jax_optax", ("jax", "optax"), STEPS, AHEAD),
    # It has plain ReLUs only and no clipping, so it is left out where single steps are timed.
    Contender("scikit-learn", "#CC79A7", "mlp", ("sklearn",), ("epoch", "inference", "import")),
    Contender("thinc", "#999999", "thinc_chain", ("thinc",), ("adam", "inference", "import")),
)
