"""A data set in two parts, one to train with and one to measure with."""

from __future__ import annotations

import numpy as np

from purenn import array_checks, checks
from purenn.arrays import Indices, Labels, Vector
from purenn.data.batches import Dataset, require_data
from purenn.data.columns import T, X
from purenn.errors import DataError, OptionError
from purenn.keys import Key


def split(
    data: Dataset[X, T], fraction: float, key: Key, stratify: Labels | None = None
) -> tuple[Dataset[X, T], Dataset[X, T]]:
    """Split a data set at random into two, the second with this fraction of the samples.

    Both keep the order of the samples and copy none: their columns are `Part`s. The split depends
    only on the key, the number of samples and their labels.

    >>> import numpy as np
    >>> import purenn as nn
    >>> labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    >>> data = nn.dataset(np.ones((10, 2)), labels)
    >>> split(data, 0.5, nn.Key(0), stratify=labels)[1].targets.take(range(5)).tolist()
    [0, 0, 1, 1, 1]

    Args:
        fraction: above 0 and below 1; OptionError if a part would be empty.
        stratify: a label for each sample; each has the same share of both parts as of the whole, up
            to rounding.
    """
    require_data(data, key)
    share = checks.number("The fraction of split", fraction, above=0.0, below=1.0)
    samples = len(data)
    count = round(share * samples)
    if not 0 < count < samples:
        expected = "expected one that leaves samples in both parts"
        raise OptionError(f"The fraction of split: {expected}, got {fraction!r} of {samples}.")
    order: Indices = key.child("split").generator().permutation(samples)
    if stratify is None:
        chosen = order[:count]
    else:
        array_checks.require_integers("The stratify of split", stratify)
        if len(stratify) != samples:
            expected = f"{samples} labels, got {len(stratify)}"
            raise DataError(f"The stratify of split: expected {expected}.")
        chosen = _stratified(stratify, order, share, count, key.child("ties"))
    is_second = np.zeros(samples, np.bool)
    is_second[chosen] = True
    return data.select(~is_second), data.select(is_second)


def _stratified(labels: Labels, order: Indices, share: float, count: int, key: Key) -> Indices:
    """The first of each class in this order: the whole part of its quota, or one more.

    One more goes to the classes with the largest fractional parts, as many as make up the count;
    the key draws which of equals.
    """
    _, groups, sizes = np.unique(labels[order], return_inverse=True, return_counts=True)
    quotas: Vector = share * sizes
    counts = np.floor(quotas).astype(np.int64)
    ties = key.generator().random(len(sizes))
    largest = np.lexsort([ties, np.round(counts - quotas, 9)])
    counts[largest[: count - counts.sum()]] += 1
    grouped = order[np.argsort(groups, kind="stable")]
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return grouped[np.arange(len(order)) - starts < np.repeat(counts, sizes)]
