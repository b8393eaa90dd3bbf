"""The operations that give the same bits on every machine."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Images, read_only
from purenn.kernels import pooling
from purenn.kernels.ops import Ops
from purenn.kernels.portable import convolutions
from purenn.kernels.portable.exponentials import exp, expm1, power, sigmoid, tanh
from purenn.kernels.portable.logarithms import log, log1p
from purenn.kernels.portable.products import product_vjp, products
from purenn.kernels.portable.trigonometry import cos, sin
from purenn.kernels.windows import Windows


def window_maximum(x: Images, windows: Windows) -> Images:
    """The maximum of each window: 0 of 0 and -0, of which processors take either."""
    return read_only(np.add(pooling.maximum(x, windows), 0.0))


PORTABLE = Ops(
    product_vjp=product_vjp,
    products=products,
    convolve=convolutions.convolve,
    weight_cotangent=convolutions.weight_cotangent,
    input_cotangent=convolutions.input_cotangent,
    window_maximum=window_maximum,
    exp=exp,
    expm1=expm1,
    log=log,
    log1p=log1p,
    tanh=tanh,
    sigmoid=sigmoid,
    cos=cos,
    sin=sin,
    power=power,
)
