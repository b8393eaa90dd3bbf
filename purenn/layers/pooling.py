"""Pooling: `max_pool`, `average_pool` and `global_average_pool`; and its opposite, `upsample`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from purenn.arrays import Images, Matrix, read_only
from purenn.errors import ShapeError
from purenn.expressions import maker, with_ops
from purenn.kernels import pooling as kernels
from purenn.kernels.ops import Ops
from purenn.kernels.windows import Windows
from purenn.layers._checked import without_params
from purenn.layers._contract import FreePass, Layer
from purenn.layers._images import MOST, Padding, Size, by, pair, require_images, sliding
from purenn.tree import Empty

Forward = Callable[[Images, Windows], FreePass[Images, Images]]

# Windows with more rows and columns take less time along one axis after the other.
SMALL = 3


@maker
def max_pool(
    size: Size = 2, stride: Size | None = None, padding: Padding = "valid"
) -> Layer[Empty, Images, Images]:
    """Max pooling: the maximum of each window, for each channel.

    Of equal maxima the first, row by row, gets the gradient. Size, stride and padding are those of
    `conv`, and a stride of None is the size. "same" padding is never the maximum, and "valid"
    windows must not be larger than the image.
    """

    def forward(ops: Ops, x: Images, windows: Windows) -> FreePass[Images, Images]:
        y = ops.window_maximum(x, windows)
        return y, lambda dy: kernels.maximum_cotangent(x, y, dy, windows)

    return with_ops(lambda ops: _pool("max_pool", size, stride, padding, partial(forward, ops)))


@maker
def average_pool(
    size: Size = 2, stride: Size | None = None, padding: Padding = "valid"
) -> Layer[Empty, Images, Images]:
    """Average pooling: the mean of each window, for each channel, with `max_pool`'s arguments.

    Zeros of "same" padding do not count in the mean, as in TensorFlow.
    """

    def forward(x: Images, windows: Windows) -> FreePass[Images, Images]:
        pull = partial(kernels.average_cotangent, x.shape, windows=windows)
        return kernels.average(x, windows), pull

    return _pool("average_pool", size, stride, padding, forward)


def _pool(
    name: str, size: Size, stride: Size | None, padding: Padding, forward: Forward
) -> Layer[Empty, Images, Images]:
    window, windows_over = sliding(name, size, stride, padding)
    subject = f"{name}({window[0] if window[0] == window[1] else window})"

    def with_pullback(x: Images) -> FreePass[Images, Images]:
        if padding == "valid" and (window[0] > x.shape[1] or window[1] > x.shape[2]):
            got = f"windows of {by(window)} do not fit images of {by(x.shape[1:3])}"
            raise ShapeError(subject, f"{got}. Use smaller ones, or global_average_pool().")
        windows = windows_over(subject, x)
        if min(window) <= SMALL:
            return forward(x, windows)
        across, down = windows.by_axis(x.shape[1])
        between, pull_across = forward(x, across)
        y, pull_down = forward(between, down)
        return y, lambda dy: pull_across(pull_down(dy))

    return without_params(subject, require_images, with_pullback)


@maker
def global_average_pool() -> Layer[Empty, Images, Matrix]:
    """Global average pooling: the mean of each channel over all pixels, (samples, channels)."""

    def forward(x: Images) -> FreePass[Matrix, Images]:
        return kernels.global_average(x), partial(kernels.global_average_cotangent, x.shape)

    return without_params("global_average_pool()", require_images, forward)


@maker
def upsample(size: Size = 2) -> Layer[Empty, Images, Images]:
    """Repeat each row and column of images `size` times, as in decoders.

    Before a `conv`, it replaces a transposed convolution: Odena, Dumoulin and Olah, "Deconvolution
    and Checkerboard Artifacts" (2016). The size is a number for rows and columns alike, or a pair;
    at most 1024.
    """
    window = pair("The size of upsample", size, 1, MOST)

    def forward(x: Images) -> FreePass[Images, Images]:
        y: Images = x.repeat(window[0], axis=1).repeat(window[1], axis=2)
        return read_only(y), partial(kernels.sums, size=window)

    return without_params("upsample(...)", require_images, forward)
