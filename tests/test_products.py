"""The products of the linear layer: against NumPy's own, and never copied on their way out."""

from __future__ import annotations

import numpy as np
import pytest

from purenn.arrays import Matrix, seal
from purenn.kernels import products
from purenn.layers import Linear

SIZES = [(3, 4, 5), (64, 256, 128)]  # below and above the size from which memory is recycled


def _matrix(rows: int, columns: int, seed: int) -> Matrix:
    return seal(np.random.default_rng(seed).standard_normal((rows, columns), np.float32))


@pytest.mark.parametrize(("samples", "inputs", "outputs"), SIZES)
def test_products_are_those_of_the_formulas(samples: int, inputs: int, outputs: int) -> None:
    x, dy = _matrix(samples, inputs, 0), _matrix(samples, outputs, 1)
    weight, bias = _matrix(inputs, outputs, 2), _matrix(1, outputs, 3)[0]
    np.testing.assert_allclose(products.affine(x, weight, bias), x @ weight + bias, rtol=1e-4)
    np.testing.assert_allclose(products.weight_cotangent(x, dy), x.T @ dy, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(products.bias_cotangent(dy), dy.sum(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        products.input_cotangent(dy, weight), dy @ weight.T, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(("samples", "inputs", "outputs"), SIZES)
def test_parameters_take_the_kernels_arrays_as_they_are(
    samples: int, inputs: int, outputs: int
) -> None:
    weight = products.weight_cotangent(_matrix(samples, inputs, 0), _matrix(samples, outputs, 1))
    bias = products.bias_cotangent(_matrix(samples, outputs, 1))
    leaf = Linear(weight, bias)
    assert leaf.weight is weight
    assert leaf.bias is bias
