"""The convolution: `y = patches(x) @ weight + bias`."""

from __future__ import annotations

from functools import partial

import attrs

from purenn.array_checks import filters, vector
from purenn.arrays import Images, Vector
from purenn.checks import Count
from purenn.errors import OptionError, ParametersError, ShapeError
from purenn.expressions import maker, with_ops
from purenn.initializers import Initializer, glorot_uniform, zeros
from purenn.kernels.features import feature_sums
from purenn.kernels.ops import Ops
from purenn.kernels.windows import Windows
from purenn.keys import Key
from purenn.layers._checked import checked
from purenn.layers._contract import Layer, Pass
from purenn.layers._fitting import require_dtype
from purenn.layers._images import Padding, Size, by, require_images, sliding
from purenn.layers.linear import require_bias
from purenn.tree import Node

CURE = "Use a number of groups that divides both channels and features."


@attrs.frozen(eq=False)
class Conv(Node):
    """The parameters of a convolution, or their gradient.

    The weight is (rows, columns, channels of a group, features), as in Keras, the bias (features,),
    both float32 or float64. A writable array is copied. Convert PyTorch's by
    `weight.transpose(2, 3, 1, 0)`.
    """

    weight: Images = attrs.field(converter=filters)
    bias: Vector = attrs.field(converter=vector)

    def __attrs_post_init__(self) -> None:
        require_bias("Conv", self.weight, self.bias)


@maker
def conv(
    features: Count,
    size: Size,
    *,
    stride: Size = 1,
    padding: Padding = "same",
    groups: Count = 1,
    weight: Initializer | None = None,
    bias: Initializer | None = None,
) -> Layer[Conv, Images, Images]:
    """2-D convolution of images: (samples, rows, columns, channels) to (..., features).

    It is a cross-correlation: the weight is not flipped. Besides inputs, outputs and their
    cotangents, each thread of a step needs memory for patches: 2**17 numbers or, if that is more,
    the patches of the fewest samples that together have 256 windows.

    Args:
        size: the rows and columns of a window: one number for both, or a pair.
        stride: the distance between windows, likewise.
        padding: "same" adds zeros for ceil(length / stride) windows along each axis, with one more
            at the end than at the start if their number is odd, as TensorFlow and Flax do.
            "valid" adds none; the windows must end exactly where the image does: crop with `pad`
            what PyTorch and Keras would ignore.
        groups: the number of groups of channels, each with features of its own. As many groups as
            channels make a depthwise convolution.
        weight, bias: the initializers, as in `linear`.
    """
    if features % groups:
        raise OptionError(f"The groups of conv: {groups} do not divide {features} features. {CURE}")
    window, windows_over = sliding("conv", size, stride, padding)
    first, shift = weight or glorot_uniform(), bias or zeros()
    subject = f"conv({features}, {window[0] if window[0] == window[1] else window})"

    def windows_of(x: Images) -> Windows:
        if x.shape[3] % groups:
            expected = f"a multiple of {groups} channels for {groups} groups"
            raise ShapeError(subject, f"expected {expected}, got {x.shape[3]}. {CURE}")
        return windows_over(subject, x)

    def init(key: Key, example: Images) -> Conv:
        windows_of(example)
        shape = (*window, example.shape[3] // groups, features)
        weights = first(key.child("weight"), shape, example.dtype)
        return Conv(weights, shift(key.child("bias"), (features,), example.dtype))

    def vjp(ops: Ops, params: Conv, x: Images, key: Key) -> Pass[Images, Conv, Images]:
        rows, columns, channels, outputs = params.weight.shape
        if (rows, columns, outputs) != (*window, features):
            expected = f"windows of {by(window)} and {features} features"
            got = f"{by((rows, columns))} and {outputs}"
            raise ParametersError(subject, f"expected parameters for {expected}, got {got}.")
        windows = windows_of(x)
        if x.shape[3] != channels * groups:
            expected = f"{channels * groups} channels, as its parameters have"
            raise ShapeError(subject, f"expected {expected}, got {x.shape[3]}.")
        require_dtype(subject, params.weight, x)
        return ops.convolve(x, params.weight, params.bias, windows), lambda dy: (
            Conv(ops.weight_cotangent(x, dy, windows, params.weight), feature_sums(dy)),
            lambda: ops.input_cotangent(dy, params.weight, windows, x),
        )

    return with_ops(lambda ops: checked(subject, Conv, require_images, init, partial(vjp, ops)))
