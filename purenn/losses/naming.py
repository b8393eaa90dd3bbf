"""How a loss prints: the call that builds it, without the options that are at their defaults."""

from __future__ import annotations

from purenn.loss import Reduction


def call(function: str, reduction: Reduction, **options: tuple[float, float]) -> str:
    """The expression `function(...)`, from options given as (value, default)."""
    shown = [f"{name}={value}" for name, (value, default) in options.items() if value != default]
    if reduction != "mean":
        shown.append(f"reduction={reduction!r}")
    return f"{function}({', '.join(shown)})"
