"""Hinge losses of scores, as in support vector machines."""

from __future__ import annotations

from purenn.arrays import Labels, Matrix, Vector
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import deviations
from purenn.losses._contract import Loss, sloped
from purenn.losses._targets import require_labels, require_matrix, require_signs


@maker
def hinge() -> Loss[Matrix, Matrix | Labels]:
    """`max(1 - t y, 0)`, the mean over a sample's outputs, for targets t of -1 and 1.

    Takes scores (samples, outputs), and targets of the same shape and dtype or, with one output,
    integers (samples,). Targets 0 and 1 mean -1 and 1. Cortes, Vapnik, "Support-Vector Networks"
    (1995).
    """

    def margins(prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        return deviations.hinge(prediction, require_signs("hinge()", prediction, target))

    return sloped(margins)


@maker
def multiclass_hinge() -> Loss[Matrix, Labels]:
    """`max(1 + max(the other scores) - score[label], 0)` of each row.

    Takes scores (samples, classes), and integer labels (samples,) from 0 to classes - 1. Crammer,
    Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines" (2001).
    """
    name = "multiclass_hinge()"

    def margins(prediction: Matrix, target: Labels) -> tuple[Vector, Matrix]:
        require_matrix(name, prediction)
        if prediction.shape[1] < 2:
            raise ShapeError(name, "expected scores of two classes or more. Take hinge().")
        require_labels(name, target, *prediction.shape)
        return deviations.multiclass_hinge(prediction, target)

    return sloped(margins)
