"""What stubtest cannot see: that the stubs tell the truth about what comes back.

stubtest compares names and parameters. Here the ranks and dtypes that typestubs/ promises are
compared with what the installed packages return.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler
from threadpoolctl import threadpool_info, threadpool_limits

Float = np.float32 | np.float64
Signed = np.int8 | np.int16 | np.int32 | np.int64
Unsigned = np.uint8 | np.uint16 | np.uint32 | np.uint64

TRUTH = np.array([0, 1, 2, 2])
GUESS = np.array([0, 1, 1, 2])


def kind(
    array: np.ndarray[tuple[int, ...], np.dtype[Float | Signed | Unsigned]],
) -> tuple[str, int]:
    return str(array.dtype), array.ndim


def test_train_test_split_gives_parts_of_the_same_rank_and_dtype() -> None:
    rows: np.ndarray[tuple[int], np.dtype[np.int64]] = np.arange(10)
    train, test = train_test_split(rows, test_size=0.2, random_state=42)
    assert (kind(train), kind(test)) == (("int64", 1), ("int64", 1))
    assert sorted([*train, *test]) == list(range(10))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_min_max_scaler_keeps_the_dtype(dtype: type[Float]) -> None:
    data: np.ndarray[tuple[int, int], np.dtype[Float]] = np.array([[0, 2], [4, 6]], dtype)
    scaler = MinMaxScaler().fit(data)
    expected = np.array([[0, 0], [1, 1]], dtype)
    for scaled in (scaler.transform(data), MinMaxScaler().fit_transform(data)):
        assert kind(scaled) == (str(np.dtype(dtype)), 2)
        np.testing.assert_array_equal(scaled, expected)
    assert kind(scaler.data_min_)[1] == kind(scaler.data_max_)[1] == 1


def test_accuracy_is_a_float() -> None:
    assert accuracy_score(TRUTH, GUESS) == 0.75
    assert isinstance(accuracy_score(TRUTH, GUESS), float)


def test_table_by_class_has_scores_and_counts() -> None:
    precision, recall, f_score, support = precision_recall_fscore_support(TRUTH, GUESS)
    assert kind(precision) == kind(recall) == kind(f_score) == ("float64", 1)
    assert kind(support) == ("int64", 1)
    assert support.tolist() == [1, 1, 2]


def test_averaged_table_has_floats_and_no_support() -> None:
    *scores, support = precision_recall_fscore_support(TRUTH, GUESS, average="macro")
    assert all(isinstance(score, float) for score in scores)
    assert support is None


def test_confusion_matrix_counts_unless_normalized() -> None:
    counts = confusion_matrix(TRUTH, GUESS)
    assert kind(counts) == ("int64", 2)
    assert counts.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert kind(confusion_matrix(TRUTH, GUESS, normalize="true")) == ("float64", 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_classifier_learns_in_the_dtype_of_its_data(dtype: type[Float]) -> None:
    features: np.ndarray[tuple[int, int], np.dtype[Float]] = np.eye(4, dtype=dtype)
    labels: np.ndarray[tuple[int], np.dtype[np.int32]] = np.array([0, 1, 2, 2], np.int32)
    classifier = MLPClassifier((3,), solver="sgd", alpha=0.0, batch_size=2, random_state=0)
    classifier.partial_fit(features, labels, classes=np.unique(labels))
    assert [kind(weight) for weight in classifier.coefs_] == [(str(np.dtype(dtype)), 2)] * 2
    assert [kind(bias) for bias in classifier.intercepts_] == [(str(np.dtype(dtype)), 1)] * 2
    assert all(isinstance(loss, float) for loss in (classifier.loss_, *classifier.loss_curve_))
    assert kind(classifier.predict(features)) == ("int32", 1)
    assert kind(classifier.predict_proba(features)) == (str(np.dtype(dtype)), 2)
    assert isinstance(classifier.score(features, labels), float)


def test_thread_pools_are_described_and_limited() -> None:
    with threadpool_limits(1, user_api="blas"):
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    for pool in pools:
        assert pool["num_threads"] == 1
        assert set(pool) <= {
            *("user_api", "internal_api", "prefix", "filepath", "version", "num_threads"),
            *("threading_layer", "architecture"),
        }
