"""The small parts of runs: environments, cadences, signals, early stopping."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import pytest
from commands import python, told
from contracts import copies
from counting import work_of

import purenn as nn
from purenn import runs
from purenn.runs.environment import commit, note_environment
from purenn.runs.interruption import interruptible


class TestEarlyStopping:
    records = tuple({"epoch": n, "loss": loss} for n, loss in enumerate([0.9, 0.5, 0.7, 0.5, 0.6]))

    def test_the_best_epoch_is_the_first_of_several_and_patience_counts_those_since(self) -> None:
        assert runs.best_epoch(self.records, "loss") == 1
        assert runs.best_epoch(self.records, "loss", lower_is_better=False) == 0
        assert runs.best("loss")(self.records[:1]) == 0
        until = copies(runs.patience("loss", epochs=2))[0]  # pickled, as for other processes
        assert [until(self.records[: count + 1]) for count in range(4)] == [False] * 3 + [True]
        assert runs.patience("loss", 4, lower_is_better=False)(self.records)

    def test_many_records_cost_no_call_each(self, monkeypatch: pytest.MonkeyPatch) -> None:
        find = runs.best("loss")
        assert work_of(lambda: find(self.records * 100), monkeypatch).python < 100


KNOWN: runs.Environment = {"numpy": "2.1", "blas_threads": 2, "commit": "abc"}
OTHER: runs.Environment = {**KNOWN, "numpy": "2.2", "simd": ["AVX2"]}


class TestEnvironments:
    def test_what_changed_is_noted_once_if_it_was_known(self, tmp_path: Path) -> None:
        (tmp_path / "environment.json").write_text(json.dumps(KNOWN))
        once, back = {"numpy": "2.2"}, {"numpy": "2.1"}
        note_environment(tmp_path, {"numpy": "2.1"})
        assert runs.read_environment(tmp_path) == KNOWN
        note_environment(tmp_path, OTHER)
        note_environment(tmp_path, OTHER)
        assert runs.read_environment(tmp_path) == {**KNOWN, "resumed": [once]}
        note_environment(tmp_path, KNOWN)
        assert runs.read_environment(tmp_path) == {**KNOWN, "resumed": [once, back]}

    def test_differences_are_lines(self) -> None:
        lines = ('numpy: "2.1" there, "2.2" here',)
        assert runs.environment_differences(KNOWN, OTHER) == lines
        resumed: runs.Environment = {**OTHER, "resumed": [{"numpy": "2.1"}]}
        assert runs.environment_differences(resumed, OTHER) == lines
        assert None not in runs.environment().values()

    def test_files_are_not_read_in_the_encoding_of_the_locale(self) -> None:
        code = "from purenn import runs; runs.environment()"
        told("-X", "warn_default_encoding", "-W", "error", "-c", code)

    def test_no_checkout_or_git(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        assert commit(tmp_path) == ""
        place = Path(nn.__file__).parent
        known = commit.__wrapped__(place)
        for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY"):  # as in hooks of another one
            monkeypatch.setenv(name, str(tmp_path))
        assert commit.__wrapped__(place) == known
        monkeypatch.setenv("PATH", str(tmp_path))
        assert commit.__wrapped__(place) == ""

    def test_neither_signals_nor_unreadable_errors_of_git_matter(self, tmp_path: Path) -> None:
        git = tmp_path / "git"
        git.write_text('#!/bin/sh\ntouch "$0.asked"; sleep 0.3; printf "\\374" >&2; echo abc\n')
        git.chmod(0o755)
        code = (
            "import signal, pathlib; from purenn.runs.environment import commit\n"
            "signal.signal(signal.SIGTERM, lambda *_: None)\n"
            "print(commit(pathlib.Path()))"
        )
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        command = [sys.executable, "-c", code]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env=environment, start_new_session=True
        ) as process:
            while not (tmp_path / "git.asked").exists():
                assert process.poll() is None
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGTERM)
            assert process.communicate()[0] == b"abc\n"


def test_a_cadence_counts_steps_and_seconds() -> None:
    cadence = runs.Cadence(seconds=10.0, steps=4)
    assert [cadence.is_due(0.0, steps) for steps in (1, 3, 4)] == [False, False, True]
    assert [cadence.is_due(seconds, 1) for seconds in (9.9, 10.0)] == [False, True]
    for rare in (runs.Cadence(), runs.Cadence(seconds=math.inf, shown=math.inf)):
        assert not rare.is_due(0.0, 10**6)


class TestSignals:
    @pytest.fixture(autouse=True)
    def handlers(self) -> Iterator[None]:
        """Python's own, whatever started the tests; and they are back at the end."""
        first = signal.signal(signal.SIGINT, signal.default_int_handler)
        second = signal.signal(signal.SIGTERM, signal.SIG_DFL)
        yield
        assert signal.signal(signal.SIGINT, first) is signal.default_int_handler
        assert signal.signal(signal.SIGTERM, second) is signal.SIG_DFL

    def test_the_first_is_a_request_and_the_second_acts(self) -> None:
        with interruptible() as stop:
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
            signal.raise_signal(signal.SIGINT)
            assert stop.signal == signal.SIGINT
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        with interruptible():
            pass

    def test_of_two_in_lockstep_both_are_told_and_it_acts_after_the_last(self) -> None:
        first, second = interruptible(), interruptible()
        one, other = first.__enter__(), second.__enter__()
        signal.raise_signal(signal.SIGTERM)
        assert (one.signal, other.signal) == (signal.SIGTERM, signal.SIGTERM)
        first.__exit__(None, None, None)
        with interruptible() as third:
            signal.raise_signal(signal.SIGINT)
            assert third.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            second.__exit__(None, None, None)

    def test_a_request_before_a_break_acts_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        start = threading.Thread.start

        def steps() -> Iterator[int]:
            with interruptible():
                yield 0

        def left() -> None:
            for _ in steps():
                signal.raise_signal(signal.SIGINT)
                break
            time.sleep(10.0)

        def start_slowly(thread: threading.Thread) -> None:
            start(thread)
            time.sleep(0.05)

        monkeypatch.setattr(threading.Thread, "start", start_slowly)
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            left()
        assert time.monotonic() - began < 5.0

    def test_what_is_left_in_another_thread_lets_the_next_signal_through(self) -> None:
        within = interruptible()
        within.__enter__()
        with ThreadPoolExecutor() as pool:
            pool.submit(within.__exit__, None, None, None).result()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    def test_a_handler_that_was_set_in_the_meantime_stays_and_may_call_the_one_before(self) -> None:
        told: list[int] = []

        def set_own() -> None:
            inner = signal.getsignal(signal.SIGINT)

            def own(number: int, frame: FrameType | None) -> None:
                told.append(number)
                if callable(inner):
                    inner(number, frame)

            signal.signal(signal.SIGINT, own)

        for _ in range(2):  # what came before the second run is the own one of the first
            with interruptible() as stop:
                set_own()
                signal.raise_signal(signal.SIGINT)
                assert stop.signal == signal.SIGINT
                for _ in range(3):
                    with pytest.raises(KeyboardInterrupt):
                        signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert told == [signal.SIGINT] * (5 + 1 + 4 * 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    OWN_BETWEEN = """
    inner = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *given: inner(*given))
signal.raise_signal(signal.SIGTERM)
"""
    IN_A_FORK = """
    if child := os.fork(): sys.exit(os.waitpid(child, 0)[1])
    with interruptible(): pass
    signal.raise_signal(signal.SIGTERM); os._exit(0)
"""

    @pytest.mark.parametrize(("code", "sign"), [(OWN_BETWEEN, -1), (IN_A_FORK, 1)])
    def test_the_default_acts_at_last_also_in_a_fork(self, code: str, sign: int) -> None:
        head = "import os, signal, sys; from purenn.runs.interruption import interruptible\n"
        ended = python("-c", f"{head}with interruptible():{code}")
        assert ended.returncode == sign * signal.SIGTERM

    def test_what_is_ignored_stays_ignored(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with interruptible() as stop:
            signal.raise_signal(signal.SIGTERM)
            assert stop.signal is None
        assert signal.signal(signal.SIGTERM, signal.SIG_DFL) is signal.SIG_IGN

    def test_other_threads_leave_signals_alone(self) -> None:
        def handler_within() -> object:
            with interruptible():
                return signal.getsignal(signal.SIGTERM)

        with ThreadPoolExecutor() as pool:
            assert pool.submit(handler_within).result() is signal.SIG_DFL


def test_folders_are_compared_but_for_clocks(tmp_path: Path) -> None:
    summary = '{"epochs": 1, "planned": 1, "metrics": {"loss": %s}, "digest": "d", "seconds": %s}'
    for name, loss, seconds in (("a", 0.5, 1.0), ("b", 0.5, 2.0), ("c", 0.25, 1.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(summary % (loss, seconds))
        (tmp_path / name / "times.jsonl").write_text(str(seconds))
        (tmp_path / name / ".lock").write_text(name)
    (tmp_path / "c" / "loss.png").touch()
    assert runs.differences(str(tmp_path / "a"), tmp_path / "b") == ()
    assert runs.differences(tmp_path / "a", tmp_path / "c") == ("loss.png", "summary.json")
