"""Data sets, their columns, and batches."""

from __future__ import annotations

from purenn.data.batches import (
    Batch,
    Batches,
    Dataset,
    arranged_batches,
    batches_in_order,
    dataset,
    shuffled_batches,
)
from purenn.data.columns import Column, Pair, Rows, ScaledBytes

__all__ = [
    "Batch",
    "Batches",
    "Column",
    "Dataset",
    "Pair",
    "Rows",
    "ScaledBytes",
    "arranged_batches",
    "batches_in_order",
    "dataset",
    "shuffled_batches",
]
