"""What data sets and batches refuse as data and orders, and in which words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from refusals import FLOATS, refused

import purenn as nn
from purenn.arrays import ByteImages, Images, Indices, Labels, Matrix

KEY = nn.Key(0)
X: Matrix = np.ones((2, 3))
LABELS: Labels = np.array([0, 1])
DATA = nn.dataset(X, LABELS)


# --- data sets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        ([[1.0]], nn.DtypeError, "a list came. Convert it with np.asarray."),
        (FLOATS.view(np.matrix), nn.DtypeError, "a matrix came. Convert it with np.asarray."),
        (
            np.ma.masked_array(FLOATS, mask=True),
            nn.DtypeError,
            (
                "A data set takes plain NumPy arrays, and a MaskedArray came. "
                "Convert it with np.asarray."
            ),
        ),
        *[
            (
                FLOATS.astype(code),
                nn.DtypeError,
                f"A data set takes float32, float64 or integer arrays, and {code} came.",
            )
            for code in ("float16", "complex64", "object", "bool", "<U32")
        ],
        (np.array(3.0), nn.DataError, "needs samples, and an array of shape () came."),
        (np.ones((0, 3)), nn.DataError, "needs samples, and an array of shape (0, 3) came."),
        (np.ones((3, 0)), nn.DataError, "needs samples, and an array of shape (3, 0) came."),
        (
            np.array([[0.0, 1.0], [math.nan, 1.0]]),
            nn.DataError,
            (
                "A data set holds finite numbers only, and sample 1 has nan. "
                "Remove such samples or fill in their values."
            ),
        ),
        (
            np.array([[0.0, 1.0], [1.0, -math.inf]], ">f4"),
            nn.DataError,
            "sample 1 has -inf. Remove such samples or fill in their values.",
        ),
    ],
    ids=str,
)
def test_data_that_cannot_be_trained_on_are_refused(
    array: Matrix, error: type[nn.PurennError], message: str
) -> None:
    with refused(error, message):
        nn.Rows(array)
    with refused(error, message):
        nn.dataset(array, LABELS)
    with refused(error, message):
        nn.dataset(X, array)


def test_inputs_and_targets_of_different_lengths_are_refused() -> None:
    uneven = "There are 2 inputs and 3 targets: each sample needs one of both."
    with refused(nn.DataError, uneven):
        nn.dataset(X, np.array([0, 1, 1]))


@pytest.mark.parametrize("column", [X, [1.0], None])
def test_a_data_set_of_columns_refuses_arrays(column: nn.Rows[Matrix]) -> None:
    kind = type(column).__name__
    came = f"A Dataset takes columns, and an object of class {kind} came."
    with refused(nn.DataError, f"{came} Use dataset(inputs, targets) for arrays."):
        nn.Dataset(column, nn.Rows(LABELS))


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (np.zeros((1, 2, 2, 1)), nn.DtypeError, "takes uint8 and its pixels are float64."),
        (np.zeros((1, 2, 2, 1), np.int8), nn.DtypeError, "takes uint8 and its pixels are int8."),
        ([0], nn.DtypeError, "takes uint8 and its pixels are a list."),
        (
            np.zeros((1, 28, 28), np.uint8),
            nn.ShapeError,
            "takes (samples, rows, columns, channels) and its pixels are (1, 28, 28).",
        ),
        (np.zeros((0, 2, 2, 1), np.uint8), nn.DataError, "an array of shape (0, 2, 2, 1) came."),
    ],
)
def test_pixels_that_are_no_bytes_of_images_are_refused(
    pixels: ByteImages, error: type[nn.PurennError], message: str
) -> None:
    with refused(error, message):
        nn.ScaledBytes(pixels)


def test_bytes_are_scaled_to_floats_by_a_finite_number_only() -> None:
    pixels: ByteImages = np.zeros((1, 2, 2, 1), np.uint8)
    with refused(nn.OptionError, "The scale of ScaledBytes must be a finite number and is nan."):
        nn.ScaledBytes(pixels, scale=math.nan)
    dtype = np.dtype(np.float32).newbyteorder(">")
    with refused(nn.DtypeError, "ScaledBytes gives float32 or float64, not >f4."):
        nn.ScaledBytes(pixels, dtype=dtype)


# --- orders and batches --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1], "An order is a NumPy array of indices, and an object of class list came."),
        (np.array([]), "An order is a vector of at least one index, and float64 (0,) came."),
        (np.array([], int), "An order is a vector of at least one index, and int64 (0,) came."),
        (np.array([[0]]), "An order is a vector of at least one index, and int64 (1, 1) came."),
        (np.array([True, False]), "a vector of at least one index, and bool (2,) came."),
        (np.array([0.0, 1.0]), "a vector of at least one index, and float64 (2,) came."),
        (np.array([0, 2]), "of 2 samples has indices from 0 to 1, and these go from 0 to 2."),
        (np.array([-1, 1]), "of 2 samples has indices from 0 to 1, and these go from -1 to 1."),
        (
            np.array([2**64 - 1], np.uint64),
            f"indices from 0 to 1, and these go from {2**64 - 1} to {2**64 - 1}.",
        ),
    ],
)
def test_orders_that_name_no_samples_are_refused(order: Indices, message: str) -> None:
    with refused(nn.OptionError, message):
        nn.arranged_batches(DATA, 1, KEY, order)
    with refused(nn.OptionError, message):
        DATA.select(order)


@pytest.mark.parametrize("size", [0, -1, 2.0, "2", True, None, math.nan])
def test_batch_sizes_that_make_no_sense_are_refused(size: int) -> None:
    params, _ = nn.linear(1).init(KEY, (3,))
    message = f"The batch size must be a whole number of at least 1 and is {size!r}."
    with refused(nn.OptionError, message):
        nn.shuffled_batches(DATA, size, KEY, 0)
    with refused(nn.OptionError, message):
        nn.batches_in_order(DATA, size, KEY)
    with refused(nn.OptionError, message):
        nn.arranged_batches(DATA, size, KEY, np.array([0]))
    with refused(nn.OptionError, message):
        nn.predict(nn.linear(1), params, DATA, batch_size=size)
    with refused(nn.OptionError, message):
        nn.evaluate(nn.linear(1), params, DATA, nn.binary_accuracy(), batch_size=size)


@pytest.mark.parametrize("epoch", [-1, 1.0, True, 2**32])
def test_epochs_that_make_no_sense_are_refused(epoch: int) -> None:
    with pytest.raises(nn.OptionError, match=rf"and is {epoch}\."):
        nn.shuffled_batches(DATA, 1, KEY, epoch)


def test_images_that_a_model_does_not_take_are_refused_by_evaluation() -> None:
    images: Images = np.ones((2, 2, 2, 1), np.float32)
    data = nn.dataset(images, LABELS)
    model = nn.flatten() >> nn.linear(2)
    params, _ = model.init(KEY, (3, 2, 1))
    message = "linear(2), layer 1 of the model, takes 6 features and its input has 4."
    with refused(nn.ShapeError, message):
        nn.evaluate(model, params, data, nn.accuracy)
    with refused(nn.ShapeError, message):
        nn.predict(model, params, data)
