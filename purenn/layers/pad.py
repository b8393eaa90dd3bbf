"""Padding: zeros around images."""

from __future__ import annotations

from collections.abc import Callable

from purenn.arrays import Images, read_only
from purenn.expressions import maker
from purenn.kernels.windows import Windows, cover
from purenn.layers._contract import Layer
from purenn.layers._images import Size, pair, require_images
from purenn.layers.activations import without_params
from purenn.tree import Empty

MOST = 1024


@maker
def pad(rows: Size, columns: Size | None = None) -> Layer[Empty, Images, Images]:
    """Add zeros around images (samples, rows, columns, channels).

    Args:
        rows: how many rows above and below: a number for each side, or a pair; at most 1024.
        columns: how many columns on the left and on the right; as `rows` if None.
    """
    top, bottom = pair("The rows of pad", rows, 0, MOST)
    left, right = (top, bottom) if columns is None else pair("The columns of pad", columns, 0, MOST)

    def forward(x: Images) -> tuple[Images, Callable[[Images], Images]]:
        require_images("pad(...)", x)
        height, width = x.shape[1:3]

        def backward(dy: Images) -> Images:
            return _pixels(dy, top, left, height, width)

        return _pixels(x, -top, -left, height + top + bottom, width + left + right), backward

    return without_params("pad(...)", forward)


def _pixels(x: Images, top: int, left: int, rows: int, columns: int) -> Images:
    part = cover(x, Windows((1, 1), (1, 1), (top, left), (rows, columns)))
    return read_only(part.view() if part is x else part)
