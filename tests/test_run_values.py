"""The small parts of runs: records, digests, environments, cadences, signals."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

import purenn as nn
from purenn import runs
from purenn.arrays import Whole
from purenn.errors import DivergenceError, OptionError, RunError
from purenn.runs.cadence import Clock
from purenn.runs.environment import commit, noted
from purenn.runs.environment import differences as environment_differences
from purenn.runs.interruption import interruptible
from purenn.runs.records import record


class TestRecords:
    @pytest.mark.parametrize("value", [nan, inf, -inf])
    def test_metrics_are_finite(self, value: float) -> None:
        with pytest.raises(DivergenceError) as caught:
            record(3, {"loss": 0.5, "accuracy": value})
        assert str(caught.value) == (
            f"The metric 'accuracy' is {value} at the end of epoch 3: metrics are finite."
        )

    def test_metrics_are_pythons_numbers(self) -> None:
        metrics: dict[str, float] = {"loss": 0.5}
        metrics["norm"] = np.arange(3.0).max().astype(np.float32)
        with pytest.raises(OptionError) as caught:
            record(0, metrics)
        assert str(caught.value) == (
            "The metric 'norm' is a float32: metrics are Python's int or float. "
            "Convert it with float(...)."
        )


class TestDigests:
    tree = (np.array([[1.0, 2.0]]), (np.array([3.0], np.float32),))

    def test_it_is_what_the_documentation_says(self) -> None:
        expected = hashlib.sha256()
        expected.update(b'["0", "float64", [1, 2]]\n' + np.array([1.0, 2.0], "<f8").tobytes())
        expected.update(b'["1.0", "float32", [1]]\n' + np.array([3.0], "<f4").tobytes())
        assert runs.digest(self.tree) == expected.hexdigest()

    @pytest.mark.parametrize(
        "other",
        [
            (np.array([[1.0, 2.0]]), np.array([3.0], np.float32)),
            (np.array([[1.0], [2.0]]), (np.array([3.0], np.float32),)),
            (np.array([[1.0, 2.0]]), (np.array([3.0]),)),
            (np.array([[1.0, np.nextafter(2.0, 3.0)]]), (np.array([3.0], np.float32),)),
            (np.array([[1.0, 2.0]]), (np.array([-3.0], np.float32),)),
        ],
        ids=["path", "shape", "dtype", "last bit", "sign"],
    )
    def test_whatever_differs_shows(self, other: tuple[object, ...]) -> None:
        assert runs.digest(other) != runs.digest(self.tree)

    @pytest.mark.parametrize("same", [np.asfortranarray, lambda array: array.astype(">f8")])
    def test_memory_does_not_show(self, same: type[Whole]) -> None:
        array = np.arange(6.0).reshape(2, 3)
        assert runs.digest((same(array),)) == runs.digest((array,))


class TestEnvironments:
    def test_what_changed_is_noted_once(self) -> None:
        known: runs.Environment = {"numpy": "2.1", "blas_threads": 2}
        other: runs.Environment = {"numpy": "2.2", "blas_threads": 2}
        assert noted(known, known) == known
        once = noted(known, other)
        assert once == {**known, "resumed": [{"numpy": "2.2"}]}
        assert noted(once, other) == once
        back = noted(once, known)
        assert back == {**known, "resumed": [{"numpy": "2.2"}, {"numpy": "2.1"}]}

    def test_differences_are_sentences(self) -> None:
        assert environment_differences(
            {"numpy": "2.1", "os": "a"}, {"numpy": "2.2", "os": "a"}
        ) == ("numpy: '2.1' there, '2.2' here",)

    def test_no_commit_outside_a_checkout(self, tmp_path: Path) -> None:
        assert commit(tmp_path) is None

    def test_no_commit_without_git(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert commit.__wrapped__(Path(nn.__file__).parent) is None


class TestCadences:
    @pytest.mark.parametrize(
        ("made", "problem"),
        [
            (
                lambda: runs.Cadence(seconds=-1.0),
                "The seconds between checkpoints must be at least 0 and is -1.0.",
            ),
            (
                lambda: runs.Cadence(seconds=nan),
                "The seconds between checkpoints must be a finite number and is nan.",
            ),
            (
                lambda: runs.Cadence(steps=0),
                "The steps between checkpoints must be a whole number of at least 1 and is 0.",
            ),
            (
                lambda: runs.Cadence(epochs=0),
                "The epochs between checkpoints must be a whole number of at least 1 and is 0.",
            ),
        ],
    )
    def test_those_that_make_no_sense(self, made: Callable[[], runs.Cadence], problem: str) -> None:
        with pytest.raises(OptionError) as caught:
            made()
        assert str(caught.value) == problem

    def test_steps_and_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        clock = Clock(runs.Cadence(seconds=10.0, steps=4), step=7)
        assert [clock.is_due(step) for step in (8, 10, 11)] == [False, False, True]
        now = 9.9
        assert not clock.is_due(8)
        now = 10.0
        assert clock.is_due(8)
        clock.saved(8)
        assert not clock.is_due(9)

    def test_epochs(self) -> None:
        every, third = Clock(runs.Cadence(), step=0), Clock(runs.Cadence(epochs=3), step=0)
        assert all(every.is_due_after(epochs) for epochs in range(1, 7))
        assert [epochs for epochs in range(1, 7) if third.is_due_after(epochs)] == [3, 6]


class TestSignals:
    def test_the_first_is_a_request_and_the_second_acts(self) -> None:
        with interruptible() as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop.signal == signal.SIGINT
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    def test_handlers_are_put_back(self) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        with interruptible():
            assert signal.getsignal(signal.SIGTERM) is not before[1]
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

    def test_what_is_ignored_stays_ignored(self) -> None:
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            with interruptible() as stop:
                signal.raise_signal(signal.SIGTERM)
                assert stop.signal is None
        finally:
            signal.signal(signal.SIGTERM, before)

    def test_other_threads_leave_signals_alone(self) -> None:
        seen: list[object] = []

        def work() -> None:
            before = signal.getsignal(signal.SIGTERM)
            with interruptible() as stop:
                seen.extend([stop.signal, signal.getsignal(signal.SIGTERM) is before])

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [None, True]


@pytest.mark.parametrize("content", ["{}", "[1]", '{"epochs": 1, "metrics": [], "digest": ""}'])
def test_a_summary_that_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(content)
    with pytest.raises(RunError) as caught:
        runs.read_summary(tmp_path)
    assert str(caught.value) == f"{tmp_path}/summary.json is no summary of a run."


def test_folders_are_compared_but_for_clocks(tmp_path: Path) -> None:
    summary = '{"epochs": 1, "metrics": {"loss": %s}, "digest": "d", "seconds": %s}'
    for name, loss, seconds in (("a", 0.5, 1.0), ("b", 0.5, 2.0), ("c", 0.25, 1.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(summary % (loss, seconds))
        (tmp_path / name / "times.jsonl").write_text(str(seconds))
    (tmp_path / "c" / "loss.png").touch()
    assert runs.differences(tmp_path / "a", tmp_path / "b") == ()
    assert runs.differences(tmp_path / "a", tmp_path / "c") == ("loss.png", "summary.json")
