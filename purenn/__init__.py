"""Neural networks on a CPU as pure, typed functions over NumPy arrays."""

from __future__ import annotations

__version__ = "0.2.0"
