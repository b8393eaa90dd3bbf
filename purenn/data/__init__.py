"""Data sets, their columns, and batches."""

from __future__ import annotations

from purenn.data.batches import Batch as Batch
from purenn.data.batches import Batches as Batches
from purenn.data.batches import Dataset as Dataset
from purenn.data.batches import arranged_batches as arranged_batches
from purenn.data.batches import batches_in_order as batches_in_order
from purenn.data.batches import dataset as dataset
from purenn.data.batches import shuffled_batches as shuffled_batches
from purenn.data.columns import Column as Column
from purenn.data.columns import Pair as Pair
from purenn.data.columns import Rows as Rows
from purenn.data.columns import ScaledBytes as ScaledBytes
