"""Layers that reshape, pad, choose or join: `flatten`, `pad`, `select`, `concatenate` and more."""

from __future__ import annotations

from math import prod

import numpy as np

from purenn import array_checks, checks
from purenn.arrays import A, AnyImages, Array, G, Images, Matrix, Shape, read_only, typed_like, view
from purenn.checks import Count, Index
from purenn.errors import DtypeError, ShapeError
from purenn.expressions import maker
from purenn.kernels.elementwise import plus, times
from purenn.kernels.memory import empty, empty_like
from purenn.kernels.norms import place_sums
from purenn.kernels.windows import Windows, cover
from purenn.layers._checked import Check, without_params
from purenn.layers._contract import AnyRank, FreePass, Layer
from purenn.layers._fitting import require_pair
from purenn.layers._images import MOST, Size, pair, require_images
from purenn.layers.activations import pointwise
from purenn.tree import Empty


@maker
def flatten() -> Layer[Empty, AnyImages, Matrix]:
    """Flatten samples of any shape, such as images, into rows of features, in C order."""

    def forward(x: AnyImages) -> FreePass[Matrix, AnyImages]:
        y: Matrix = np.reshape(x, (x.shape[0], prod(x.shape[1:])))
        return read_only(y), lambda dy: read_only(typed_like(np.reshape(dy, x.shape), x))

    return without_params("flatten()", array_checks.require_floats, forward)


@maker
def unflatten(rows: Count, columns: Count, channels: Count = 1) -> Layer[Empty, Matrix, Images]:
    """Images (samples, rows, columns, channels) of rows of features: the inverse of `flatten`."""
    shape = rows, columns, channels

    def forward(x: Matrix) -> FreePass[Images, Matrix]:
        if x.shape[1:] != (prod(shape),):
            problem = f"expected samples of shape ({prod(shape)},), got {x.shape[1:]}."
            raise ShapeError(f"unflatten{shape}", problem)
        y: Images = np.reshape(x, (x.shape[0], *shape))
        return read_only(y), lambda dy: read_only(typed_like(np.reshape(dy, x.shape), x))

    return without_params(f"unflatten{shape}", array_checks.require_floats, forward)


@maker
def pad(rows: Size, columns: Size | None = None) -> Layer[Empty, Images, Images]:
    """Add zeros around images (samples, rows, columns, channels), or crop them.

    Args:
        rows: how many rows to add above and below: one number for both sides, or a pair; from -1024
            to 1024; negative numbers crop.
        columns: how many columns to add on the left and on the right; as `rows` if None.
    """
    top, bottom = pair("The rows of pad", rows, -MOST, MOST)
    beside = (top, bottom) if columns is None else columns
    left, right = pair("The columns of pad", beside, -MOST, MOST)

    def forward(x: Images) -> FreePass[Images, Images]:
        height, width = x.shape[1:3]
        if min(height + min(top, bottom, top + bottom), width + min(left, right, left + right)) < 1:
            problem = f"nothing is left of images of {height} × {width}. Crop fewer pixels."
            raise ShapeError("pad(...)", problem)
        y = _pixels(x, -top, -left, height + top + bottom, width + left + right)
        return y, lambda dy: _pixels(dy, top, left, height, width)

    return without_params("pad(...)", require_images, forward)


def _pixels(x: Images, top: int, left: int, rows: int, columns: int) -> Images:
    part = cover(x, Windows((1, 1), (1, 1), (top, left), (rows, columns)))
    return read_only(part.view() if part is x else part)


@maker
def identity() -> AnyRank[Empty, A]:
    """The layer that returns its input: the neutral element of `>>`.

    As one of two `branches`, mypy assumes matrices. For images, as in skip connections, declare the
    type: `skip: Layer[Empty, Images, Images] = identity()`.
    """
    return unchanged("identity()")


def unchanged(subject: str, check: Check[A] = array_checks.require_floats) -> AnyRank[Empty, A]:
    """`identity`, by another name and with another check of inputs."""
    return pointwise(view, lambda y, dy: view(dy), subject, check)


@maker
def concatenate() -> Layer[Empty, tuple[A, A], A]:
    """Concatenate two batches along their features or channels, such as outputs of `branches`."""

    def forward(x: tuple[A, A]) -> FreePass[A, tuple[A, A]]:
        first, second = x
        if first.ndim < 2 or first.shape[:-1] != second.shape[:-1]:
            expected = "(samples, features) twice, or other shapes that differ in the last axis"
            got = f"{first.shape} and {second.shape}"
            raise ShapeError("concatenate()", f"expected {expected}, got {got}.")
        cut = first.shape[-1]
        y = empty((*first.shape[:-1], cut + second.shape[-1]), first.dtype)
        y[..., :cut], y[..., cut:] = x
        return read_only(typed_like(y, first)), lambda dy: (
            _copied(typed_like(dy[..., :cut], dy)),
            _copied(typed_like(dy[..., cut:], dy)),
        )

    return without_params("concatenate()", _require_batches, forward)


def _copied(part: A) -> A:
    found = empty_like(part)
    found[...] = part
    return read_only(found)


@maker
def select(start: Index, stop: int) -> Layer[Empty, Matrix, Matrix]:
    """The features `x[:, start:stop]`, for layers that see only some."""
    end = checks.integer("The stop of select", stop, start + 1)
    subject = f"select({start}, {end})"

    def forward(x: Matrix) -> FreePass[Matrix, Matrix]:
        if x.ndim != 2 or x.shape[1] < end:
            expected = f"samples of shape (features,) with at least {end} of them"
            raise ShapeError(subject, f"expected {expected}, got {x.shape[1:]}.")

        def backward(dy: Matrix) -> Matrix:
            dx: Matrix = np.zeros_like(x)
            dx[:, start:end] = dy
            return read_only(dx)

        return read_only(np.ascontiguousarray(x[:, start:end])), backward

    return without_params(subject, array_checks.require_floats, forward)


@maker
def add() -> Layer[Empty, tuple[A, G], A]:
    """The sum of two batches, such as the outputs of `branches`, of shapes as in `multiply`.

    (samples, features) are added to each pixel of an image, as embedded times are in diffusion.
    """

    def forward(x: tuple[A, G]) -> FreePass[A, tuple[A, G]]:
        total = plus(x[0], _spread("add()", *x))
        shape, like = x[1].shape, empty_like(typed_like(x[1][:0], x[1]))  # x itself need not live
        return total, lambda dy: (view(dy), _gathered(dy, shape, like))

    return without_params("add()", _require_batches, forward)


@maker
def multiply() -> Layer[Empty, tuple[A, G], A]:
    """The elementwise product of two batches: gates, such as those of `branches`.

    The second has the shape of the first, or is (samples, features): a factor for each channel of
    an image. A gated linear unit is `branches(linear(8), linear(8) >> sigmoid()) >> multiply()`:
    Dauphin, Fan, Auli and Grangier, "Language Modeling with Gated Convolutional Networks" (2017).
    """

    def forward(x: tuple[A, G]) -> FreePass[A, tuple[A, G]]:
        first, second = x
        factor = _spread("multiply()", first, second)
        return times(first, factor), lambda dy: (
            times(dy, factor),
            _gathered(times(dy, first), second.shape, second),
        )

    return without_params("multiply()", _require_batches, forward)


def _spread(subject: str, first: A, second: G) -> A:
    """The second batch, with axes of size 1 where it has no places of the first."""
    shape, found = first.shape, second.shape
    if found == shape:
        return typed_like(second, first)
    if len(shape) < 3 or found != (shape[0], shape[-1]):
        expected = "one shape twice, or a second one of (samples, features)"
        raise ShapeError(subject, f"expected {expected}, got {shape} and {found}.")
    return typed_like(second.reshape(shape[0], *[1] * (len(shape) - 2), shape[-1]), first)


def _gathered(slopes: Array, shape: Shape, like: G) -> G:
    """Slopes like the first batch as those of the second: summed where that has no places."""
    own = slopes.shape
    if own != shape:
        slopes = place_sums(slopes.reshape(own[0], prod(own[1:-1]), own[-1]))
    return read_only(typed_like(slopes.reshape(shape), like))


def _require_batches(subject: str, x: tuple[A, G]) -> None:
    require_pair(subject, x)
    first, second = x
    array_checks.require_floats(subject, first)
    array_checks.require_floats(subject, second)
    if first.dtype != second.dtype:
        cure = "Convert inputs, for example with x.astype(np.float32); embeddings take a dtype."
        got = f"{first.dtype} and {second.dtype}. {cure}"
        raise DtypeError(subject, f"expected one dtype, got {got}")
