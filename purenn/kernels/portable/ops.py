"""The operations that give the same bits on every machine."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Stack
from purenn.kernels.memory import empty
from purenn.kernels.ops import Ops
from purenn.kernels.portable.products import product, product_vjp
