"""Parameters as one vector, as SciPy's and other optimizers need them.

>>> import numpy as np
>>> params = (np.array([[1.0, 2.0]]), np.array([3.0]))
>>> ravel(params)
array([1., 2., 3.])
>>> unravel(params, 2.0 * ravel(params))
(array([[2., 4.]]), array([6.]))
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from purenn.array_checks import require_floats
from purenn.arrays import FLOAT32, T, Vector, read_only
from purenn.errors import TreeError
from purenn.tree import Frozen, compose_like, decompose, moving_leaves


def ravel(tree: object) -> Vector:
    """The numbers of parameters or a gradient in writing order, those of frozen parts left out.

    In float32, some of SciPy's methods fail (SLSQP, TNC) or stop after a step (Newton-CG), because
    differences have too few digits: initialize and train with data in float64.
    """
    parts = [leaf.reshape(-1) for leaf in moving_leaves(tree)]
    return read_only(np.concatenate(parts) if parts else np.empty(0, FLOAT32))


@np.errstate(under="ignore")
def unravel(like: T, vector: Vector) -> T:
    """The tree `like` with the numbers of a vector: the inverse of `ravel`.

    Leaves keep their shapes and dtypes, and frozen parts are those of `like`. So `value_and_grad`
    at `unravel(params, vector)` gives the loss and its gradient at a vector, and `ravel` makes a
    vector of the gradient.

    Raises:
        TreeError: the vector is of another length, or a leaf is not of floats.
    """
    require_floats("unravel", vector)
    nodes, structure = decompose(like, (np.ndarray, Frozen))
    sizes = [node.size if isinstance(node, np.ndarray) else 0 for node in nodes]
    if vector.shape != (sum(sizes),):
        raise TreeError(f"unravel: expected a vector of {sum(sizes)} numbers, got {vector.shape}.")

    def part(node: object, end: int) -> object:
        if not isinstance(node, np.ndarray):
            return node
        if node.dtype.kind != "f":
            raise TreeError(f"unravel: expected a tree of floats, got {node.dtype}.")
        numbers = vector[end - node.size : end].reshape(node.shape)
        return read_only(numbers.astype(node.dtype, order="C"))

    return compose_like(like, structure, map(part, nodes, accumulate(sizes)))
