"""The checks of arguments, each with what it refuses, and the exceptions, which can be pickled."""

from __future__ import annotations

import math
from fractions import Fraction

import attrs
import numpy as np
import pytest
from contracts import copies
from refusals import refused

from purenn import checks, errors
from purenn.arrays import FLOAT32, FLOAT64
from purenn.errors import LocatedError, OptionError, PurennError, ShapeError
from purenn.layers._fitting import require_params
from purenn.matching import require_same
from purenn.tree import Node

HUGE = 10**400  # an integer beyond all floats
NOT_EVEN_INTEGERS: list[object] = [
    *[None, "1", True, np.bool(True), 1j, Fraction(1, 2), np.array(1), np.array([1.0])],
    *[math.nan, math.inf, -math.inf, np.float32("nan"), np.longdouble("inf")],
    *[np.timedelta64(3, "D"), np.timedelta64(3, "ns")],
]


@pytest.mark.parametrize("value", [*NOT_EVEN_INTEGERS, HUGE, -HUGE], ids=lambda x: repr(x)[:20])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    told = checks.described(value)
    with refused(OptionError, f"It: expected a finite number, got {told}."):
        checks.number("It", value)
    with refused(OptionError, f"It: expected a finite number ≥ 0 and < 1, got {told}."):
        checks.fraction("It", value)


@pytest.mark.parametrize("value", [*NOT_EVEN_INTEGERS, 1.0, np.float64(1), 0, -1], ids=repr)
def test_what_is_no_integer_from_1_is_refused(value: object) -> None:
    with refused(OptionError, f"It: expected an integer ≥ 1, got {checks.described(value)}."):
        checks.integer("It", value)


def test_numbers_and_integers_may_be_all_within_their_bounds() -> None:
    bounds: list[tuple[dict[str, float], list[float]]] = [
        ({"above": 0.0}, [1e-300, 1e300]),
        ({"least": 0.0}, [0.0, -0.0, 1]),
        ({"below": 0.5}, [0.499, -9]),
        ({"above": 0.0, "most": 1.0}, [1, 0.5]),
    ]
    for bound, right in bounds:
        for value in right:
            found = checks.number("It", np.float64(value), **bound)
            assert (found, type(found)) == (value, float)
    assert [checks.fraction("It", value) for value in (0, 0.5)] == [0.0, 0.5]
    assert checks.real("It", np.int8(5)) == 5.0
    assert checks.real("It", np.float32("inf")) == math.inf
    for whole in (1, np.int8(5), np.uint64(2), HUGE):
        assert checks.integer("It", whole) == whole
        assert type(checks.integer("It", whole)) is int
    assert [checks.integer("It", whole, -1, 3) for whole in (-1, 3)] == [-1, 3]
    for value, dtype in ((0.0, FLOAT32), (1.2e-38, FLOAT32), (-3e38, FLOAT32), (1e-46, FLOAT64)):
        checks.fits("It", value, dtype)


def test_objects_are_described_in_a_few_words() -> None:
    checks.instance("It", 1, int, "")
    assert checks.described(np.ones((2, 3))) == "a float64 array of shape (2, 3)"
    assert checks.described(np.arange(3, dtype=np.int64)) == "an int64 array of shape (3,)"
    assert checks.described("x" * 58) == repr("x" * 58)
    assert checks.described(10**5000) == "an object of class int"
    assert checks.described("x" * 59) == checks.described("a\nb" * 20) == "an object of class str"
    assert [checks.is_pair(value) for value in ((1, 2), (1,), [1, 2])] == [True, False, False]


def part() -> tuple[type, Node]:
    @attrs.frozen
    class Part(Node):
        """A class of a name that others have."""

    return Part, Part()


def test_classes_that_were_defined_again_are_told() -> None:
    (kind, new), (_, old) = part(), part()
    cure = "A class was defined again, as by a cell run twice: make its old objects again."
    with refused(OptionError, cure):
        checks.instance("It", old, kind)
    with refused(errors.TreeError, cure):
        require_same(new, old, "These")
    with refused(errors.ParametersError, f"{cure} Make them with model.init(key, example)."):
        require_params("It", old, kind)


def test_every_exception_can_be_pickled_and_copied() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    for kind in [kind for kind in kinds if issubclass(kind, PurennError)]:
        takes_two = issubclass(kind, LocatedError | errors.InterruptionError)
        error = kind(*("relu()", "is wrong.")[: 1 + takes_two])
        for again in copies(error):
            assert type(again) is kind
            assert str(again) == str(error)
            assert vars(again) == vars(error)


def test_errors_gather_their_place_and_are_of_a_class_of_pythons() -> None:
    error = ShapeError("relu()", "is wrong.")
    assert str(error) == "relu(): is wrong."
    for long in OptionError("x" * 10**6), ShapeError("x" * 10**6, "is wrong."):
        assert len(str(long)) < 5000
    for again in copies(error.inside(2).inside(0)):
        assert str(again) == "relu(), layer 0.2 of the model: is wrong."
    for kind in (ShapeError, OptionError, errors.LabelError, errors.DataError, errors.TreeError):
        assert issubclass(kind, ValueError)
    assert issubclass(errors.DtypeError, TypeError)
    assert issubclass(errors.DivergenceError, ArithmeticError)
    assert str(errors.InterruptionError("Stopped.\x1b", 15)) == r"Stopped.\x1b"
