"""The digest of parameters: what tells whether two runs ended with the same bits."""

from __future__ import annotations

import hashlib

from purenn import jsons
from purenn.tree import leaves, paths


def digest(params: object) -> str:
    """SHA-256 over the leaves with their paths, dtypes and shapes, in hexadecimal digits.

    For each leaf, in writing order: a line of JSON `["0.weight", "float32", [2, 3]]`, and then its
    elements in C order, little-endian.

    Raises:
        TreeError: `params` is no tree of arrays.
    """
    total = hashlib.sha256()
    for path, leaf in zip(paths(params), leaves(params), strict=True):
        total.update(jsons.line([path, leaf.dtype.newbyteorder("=").name, list(leaf.shape)]))
        total.update(leaf.astype(leaf.dtype.newbyteorder("<"), copy=False).tobytes())
    return total.hexdigest()
