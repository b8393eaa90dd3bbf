"""Estimators where tables, labels, weights or calls are at the edge of what they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from contracts import normal
from estimating import LABELS, NUMBERS, VALUES, X, classifier, regressor, same
from sklearn import config_context
from sklearn.base import clone

import purenn as nn
from purenn.errors import DataError, DtypeError
from purenn.estimators import Classifier
from purenn.estimators._weights import canonical_order


def test_first_parameters_of_long_tables_come_from_rows_of_all_kinds() -> None:
    def net(inputs: int, outputs: int) -> object:
        return nn.layers.lsuv(nn.linear(4)) >> nn.linear(outputs)

    x = np.zeros((6000, 1))
    x[:1000, 0] = 1.0
    assert classifier(model=net, validation=None).fit(x, x[:, 0]).score(x, x[:, 0]) > 0.5


OTHER: dict[str, object] = {"model": (16,), "preset": "full", "optimizer": nn.adam(0.1)}
OTHER["loss"] = nn.softmax_cross_entropy()


@pytest.mark.parametrize("name", OTHER)
def test_a_partial_fit_that_fails_changes_no_prediction(name: str) -> None:
    counts = np.rint(VALUES / 50.0)
    model = regressor(loss=nn.losses.poisson(), standardize_targets=False)
    before = model.partial_fit(NUMBERS, counts).predict(NUMBERS)
    with pytest.raises(ValueError, match="expected"):
        model.set_params(**{name: OTHER[name]}).partial_fit(NUMBERS, counts)
    assert np.array_equal(model.predict(NUMBERS), before)


def test_huge_weights_are_as_good_as_others() -> None:
    factors = np.where(LABELS == 0, 1.0, 0.5)
    odd = np.where(np.arange(len(VALUES)) % 2, 1.0, 0.5)
    sizes = (1.0, 2.0**1023)
    plain, heavy = (classifier().fit(X, LABELS, factors * size) for size in sizes)
    costly = classifier(class_weight={0: 2.0**1023, 1: 2.0**1022, 2: 2.0**1022}).fit(X, LABELS)
    assert same(heavy, plain)
    assert same(costly, plain)
    balanced = classifier(class_weight="balanced")
    plain, heavy = (clone(balanced).fit(X, LABELS, factors * size) for size in sizes)
    assert same(heavy, plain)
    rare, halves = np.arange(len(X)) < 5, np.where(LABELS == 0, 0.5, 1.0)
    plain, heavy = (clone(balanced).fit(X, rare, halves * size) for size in sizes)
    assert same(heavy, plain)
    one, other = (regressor().fit(NUMBERS, VALUES, odd * size).predict(NUMBERS) for size in sizes)
    assert np.array_equal(one, other)


def test_weights_are_looked_at_whatever_is_assumed_of_tables() -> None:
    weights = np.where(np.arange(len(VALUES)) == 3, np.nan, 1.0)
    with config_context(assume_finite=True), pytest.raises(ValueError, match="sample_weight"):
        regressor().fit(NUMBERS, VALUES, weights)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_table_without_rows_teaches_and_measures_nothing(library: str) -> None:
    frame = pytest.importorskip(library).DataFrame
    begun = classifier().partial_fit(frame(X), LABELS, [0, 1, 2])
    with pytest.raises(DataError, match=r"Found array with 0 sample\(s\)"):
        begun.partial_fit(frame(X)[:0], LABELS[:0])
    with pytest.raises(DataError, match=r"Found array with 0 sample\(s\)"):
        begun.predict(frame(X)[:0])
    with pytest.raises(DataError, match=r"Found array with 0 sample\(s\)"):
        classifier(validation=(frame(X)[:0], LABELS[:0])).fit(frame(X), LABELS)


NAMES: list[object] = ["a", None, "b", np.nan, *["a", "b"] * 87]


def test_labels_that_are_missing() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    kinds = (
        NAMES,
        np.array(NAMES, object),
        np.array(["a", np.float32(np.nan), *NAMES[2:]], object),
        pd.Series(NAMES, dtype="string"),
        pd.Categorical(NAMES),
        pl.Series([name if isinstance(name, str) else None for name in NAMES]),
    )
    uses: list[Callable[[object], Classifier]] = [
        lambda labels: classifier().fit(X, labels),
        lambda labels: classifier().partial_fit(X, labels, ["a", "b"]),
        lambda labels: classifier(validation=(X, labels)).fit(X, ["a", "b"] * 89),
    ]
    for labels in kinds:
        for use in uses:
            with pytest.raises(DataError, match=r"Input y contains NaN\. Row 1 has no label\."):
                use(labels)


@pytest.mark.parametrize(
    "values",
    [[True, 1, "x", 0], [np.str_("b"), "b", "a", None], [0.0, -0.0, "a", -1.0]],
    ids=["numbers", "texts", "zeros"],
)
def test_equal_categories_of_several_types_are_one_in_any_order(values: list[object]) -> None:
    table = np.array([[value, number] for number in range(20) for value in values], object)
    labels = np.arange(len(table)) // 3 % 2
    found = classifier().fit(table, labels).predict_proba(table)
    assert np.array_equal(classifier().fit(table[::-1], labels[::-1]).predict_proba(table), found)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_nothing_and_of_numbers_may_come_as_something_else(library: str) -> None:
    frame = pytest.importorskip(library).DataFrame
    unknown = classifier().fit(frame({"a": [None] * 20, "b": range(20)}), [0, 1] * 10)
    assert unknown.predict(frame({"a": ["x"], "b": [1]})).shape == (1,)
    counts = frame({"a": [1, 2] * 10, "b": range(20)})
    known = classifier().fit(counts, [0, 1] * 10)
    if library == "pandas":
        categories = counts.astype({"a": "category"})
        assert np.array_equal(known.predict_proba(categories), known.predict_proba(counts))


@pytest.mark.parametrize("preset", ["simple", "full"])
@pytest.mark.parametrize("hidden", [(), range(4, 6)], ids=["none", "range"])
def test_a_net_without_hidden_layers_is_linear_and_a_range_has_sizes(
    preset: str, hidden: Sequence[int]
) -> None:
    assert classifier(model=hidden, preset=preset, epochs=20).fit(X, LABELS).score(X, LABELS) > 0.7


def test_classes_may_be_announced_for_rows_of_0_and_1() -> None:
    rows = np.eye(3)[LABELS]
    model = classifier()
    for classes in ([0, 1, 2], [0, 1]):
        model.partial_fit(X, rows, classes=classes)
    assert model.predict(X).shape == rows.shape


def test_labels_may_be_in_an_array_that_is_not_numpys() -> None:
    class Lazy:  # as those of dask, for which NumPy's functions ask it
        def __array__(self, dtype: object = None, copy: object = None) -> nn.Labels:
            return LABELS

        def __array_function__(self, *call: object) -> None:
            raise TypeError

        shape, ndim = LABELS.shape, 1

    assert same(classifier().fit(X, Lazy()), classifier().fit(X, LABELS))


def test_categories_that_are_numbers_must_be_told_apart() -> None:
    pd, ids = pytest.importorskip("pandas"), 2**53 + np.arange(60) % 2
    declared = pd.DataFrame({"a": pd.Categorical(ids)})
    model = classifier().fit(declared, ids % 3)
    assert len(model.predict(declared)) == 60
    assert len(model.predict(pd.DataFrame({"a": pd.Categorical([0.5])}))) == 1  # is of a kind
    with pytest.raises(DtypeError, match="column 'a': expected categories such as 90071"):
        model.predict(pd.DataFrame({"a": pd.Categorical(["x"])}))
    problem = r"column 'a' has numbers from 2\*\*53 on as categories"
    for table in (pd.DataFrame({"a": ids}), pd.DataFrame({"a": pd.Categorical([None, *ids])})):
        with pytest.raises(DataError, match=problem):
            model.predict(table)


@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
def test_categories_that_are_dates_are_the_same_in_any_unit(kind: str) -> None:
    pd, days = pytest.importorskip("pandas"), np.arange(60) % 4
    dates = days.astype("timedelta64[D]") + np.zeros(60, f"{kind}[D]")
    tables = [
        pd.DataFrame({"a": dates.astype(f"{kind}[{unit}]")}).astype("category")
        for unit in ("ns", "us", "s")
    ]
    model = classifier().fit(tables[0], days)
    for table in tables:
        assert np.array_equal(model.predict_proba(table), model.predict_proba(tables[0]))


def test_text_of_any_length_is_text() -> None:
    names = [["a", "x"], [None, "y"], ["b", "x"]] * 10
    found = classifier().fit(np.array(names, object), [0, 1, 1] * 10).predict_proba(names)
    text = np.array(names, np.dtypes.StringDType(na_object=None))
    assert np.array_equal(classifier().fit(text, [0, 1, 1] * 10).predict_proba(text), found)


class Grade:
    """Categories that look alike."""

    def __repr__(self) -> str:
        return "Grade"


def test_categories_that_look_alike_are_not_one() -> None:
    pd = pytest.importorskip("pandas")
    grades, labels = [Grade() for _ in range(4)], np.arange(80) % 4
    table = pd.DataFrame({"a": pd.Categorical([grades[n] for n in labels], categories=grades)})
    assert classifier(epochs=60).fit(table, labels).score(table, labels) == 1.0


def test_rows_are_in_one_order_on_machines_of_either_byte_order() -> None:
    x = normal(0, 50, 3)
    swapped = x.astype(x.dtype.newbyteorder())
    y, weights = np.zeros(50, np.int64), np.ones(50)
    assert canonical_order(swapped, y, weights).tolist() == canonical_order(x, y, weights).tolist()
