"""Going on with a run: where, until when, and what is refused without touching anything."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from states import contents
from survivor import CONFIG, train

import purenn as nn
from purenn import runs
from purenn.arrays import Vector
from purenn.errors import (
    CheckpointError,
    FormatError,
    OptionError,
    PurennError,
    RunError,
    TreeError,
    UnavailableError,
)
from purenn.optimizers import State, Velocity
from purenn.runs import training
from purenn.runs.records import METRICS, TIMES, Metrics
from purenn.runs.stopping import Best, Until
from purenn.saving import load
from purenn.training import Report

Moved = State[tuple[Vector], Velocity]
Progress = runs.Progress[tuple[Vector], Velocity]

STATE: Moved = nn.sgd(0.1).init((np.zeros(1),))
KEY = nn.Key(5)
OFTEN = runs.Cadence(steps=1)
FIRST = b'{"epoch": 0}\n'
LOSSES = (5.0, 3.0, 2.0, 4.0, 2.5, 1.0, 6.0, 7.0)  # by epoch


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder, with a finished run in it."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    train(folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def count(state: Moved, batch: int) -> tuple[Moved, Report]:
    """A step that counts. A batch has its number of samples, and that as their loss."""
    params = (state.params[0] + 1.0,)
    return State(params, state.slots, state.step + 1), Report(float(batch), batch)


def metrics(end: Progress) -> Metrics:
    return {"loss": LOSSES[end.epoch], "mean": end.mean_loss, "samples": end.samples}


def counted(
    folder: Path,
    epochs: int,
    *,
    batches: tuple[int, ...] = (4, 4, 1),
    until: Until | None = None,
    best: Best | None = None,
    leave: int | None = None,
    crash: int | None = None,
    cadence: runs.Cadence = OFTEN,
) -> list[int]:
    """The steps of a session, whose loop may be left, or crash, at some step."""
    with runs.resume(folder, runs.Config("count.py", {})) as run:
        begun = progress = runs.begin(run, STATE, "model", KEY)
        steps: list[int] = []
        for progress in runs.train(
            run,
            begun,
            count,
            lambda key, epoch: batches,
            epochs,
            metrics,
            until=until,
            best=best,
            cadence=cadence,
        ):
            steps.append(progress.state.step)
            if progress.state.step == crash:
                raise KeyboardInterrupt
            if progress.state.step == leave:
                break
        runs.finish(run, progress, {})
    return steps


def upto(last: int, first: int = 1) -> list[int]:
    return list(range(first, last + 1))


def refused(folder: Path, action: Callable[[], object], error: type[Exception], text: str) -> None:
    """Check that a folder stays as it was; the message may begin with its path."""
    before = contents(folder)
    with pytest.raises(PurennError) as caught:
        action()
    assert type(caught.value) is error
    assert str(copy.copy(caught.value)).removeprefix(f"{folder}").startswith(text)
    assert contents(folder) == before


def entered(folder: Path, config: runs.Config | None) -> None:
    with runs.resume(folder, config) as run:
        assert run == runs.Run(folder, CONFIG)


class TestConfigurations:
    def test_another_one(self, folder: Path) -> None:
        config = runs.Config("survivor.py", {"epochs": 4, "seed": 0})
        text = " holds a run with another configuration:\n  epochs: 3 there, 4 here\nGive the same "
        refused(folder, lambda: entered(folder, config), RunError, text)

    def test_the_folder_has_it(self, folder: Path) -> None:
        entered(folder, None)
        with runs.resume(str(folder)) as run:
            assert run == runs.Run(folder, CONFIG)

    def test_where_nothing_is_it_begins_if_it_is_given(self, tmp_path: Path) -> None:
        place = tmp_path / "run"
        text = " holds no run. Start one there, or choose another folder."
        refused(place, lambda: entered(place, None), RunError, text)
        assert not place.exists()
        entered(place, CONFIG)
        assert runs.read_config(place / "config.json") == CONFIG


class TestGoingOn:
    def test_more_epochs_end_as_if_they_had_been_asked_for_at_first(
        self, finished: Path, tmp_path: Path
    ) -> None:
        train(tmp_path / "run", epochs=2)
        assert runs.differences(tmp_path / "run", finished)
        train(tmp_path / "run", epochs=3)
        assert runs.differences(tmp_path / "run", finished) == ()

    def test_a_finished_run_trains_nothing(self, folder: Path) -> None:
        before = contents(folder)
        train(folder)
        assert contents(folder) == before

    def test_a_finished_run_without_its_checkpoint_is_trained_again(
        self, folder: Path, finished: Path
    ) -> None:
        (folder / "checkpoint.safetensors").unlink()
        train(folder)
        assert runs.differences(folder, finished) == ()

    def test_early_stopping_is_taken_up_where_it_stopped(self, tmp_path: Path) -> None:
        one, other, best = tmp_path / "a", tmp_path / "b", runs.best("loss")
        until = runs.patience("loss", epochs=2)
        assert counted(one, 8, until=until, best=best) == upto(15)  # epoch 2 is the best of 5
        before = contents(one)
        assert load(one / "best.safetensors", like=STATE.params)[0] == 9.0
        assert counted(one, 8, until=until, best=best) == []
        assert contents(one) == before
        # More patience goes on, and ends as if it had been there from the start.
        more = runs.patience("loss", epochs=3)
        assert counted(one, 8, until=more, best=best) == upto(24, 16)
        assert counted(other, 8, until=more, best=best) == upto(24)
        assert runs.differences(one, other) == ()

    @pytest.mark.parametrize("step", [4, 6])
    def test_a_loop_that_was_left_by_hand_and_finished_is_finished(
        self, step: int, tmp_path: Path
    ) -> None:
        assert counted(tmp_path, 4, leave=step) == upto(step)
        before = contents(tmp_path)
        assert counted(tmp_path, 4) == []
        assert contents(tmp_path) == before
        with pytest.raises(KeyboardInterrupt):
            counted(tmp_path, 5, crash=step + 1)
        assert runs.read_summary(tmp_path) is None
        assert counted(tmp_path, 5) == upto(15, step + 2)

    def test_sessions_that_end_anywhere_make_no_difference(self, tmp_path: Path) -> None:
        best = runs.best("loss")
        counted(tmp_path / "whole", 6, best=best)
        for end in (1, 2, 3, 7, 8, 18):
            with pytest.raises(KeyboardInterrupt):
                counted(tmp_path / "parts", 6, best=best, crash=end)
        counted(tmp_path / "parts", 6, best=best)
        assert runs.differences(tmp_path / "whole", tmp_path / "parts") == ()
        record = {"epoch": 0, "loss": 5.0, "mean": 33 / 9, "samples": 9}
        assert runs.read_records(tmp_path / "parts")[0] == record

    @pytest.mark.parametrize(
        ("cadence", "steps"),
        [
            (runs.Cadence(), [3, 6, 9, 12, 15]),
            (runs.Cadence(epochs=2), [6, 12, 15]),
            (runs.Cadence(epochs=4, steps=5), [5, 10, 12, 15]),
        ],
    )
    def test_checkpoints(
        self,
        cadence: runs.Cadence,
        steps: list[int],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        saved: list[int] = []
        monkeypatch.setattr(training, "save", lambda run, now: saved.append(now.state.step))
        counted(tmp_path, 5, cadence=cadence)
        assert saved == steps


class TestDamage:
    @pytest.mark.parametrize(
        ("name", "content", "error", "text"),
        [
            (METRICS, b"", RunError, " has 0 epochs, but the checkpoint was written after 3."),
            (METRICS, FIRST + b'{"epoch": 7}\n\n', RunError, ", line 2: expected the record"),
            (METRICS, FIRST + b"[1]\n\n", RunError, ", line 2: expected the record of epoch 1"),
            (METRICS, b'{"epoch": 0, "x": "1"}\n\n\n', RunError, ", line 1: expected the rec"),
            (METRICS, b"loss\n\n\n", FormatError, ", line 1: expected JSON: Expecting value: "),
            (TIMES, b"\xff\n", FormatError, ", line 1: expected JSON"),
            (TIMES, b"[]\n", RunError, ", line 1: expected the start or the seconds"),
            (TIMES, b'{"seconds": "1"}\n', RunError, ", line 1: expected the start or the sec"),
            ("summary.json", b"{", FormatError, ": expected JSON"),
            ("environment.json", b"{", FormatError, ": expected JSON"),
            ("checkpoint.safetensors", b"{", FormatError, ": expected a safetensors file, got 1"),
        ],
    )
    def test_damaged_files_are_found_before_training(
        self, name: str, content: bytes, error: type[Exception], text: str, folder: Path
    ) -> None:
        (folder / name).write_bytes(content)
        refused(folder, lambda: train(folder, epochs=4), error, f"/{name}{text}")

    @pytest.mark.parametrize("name", [METRICS, TIMES])
    def test_files_that_are_links(self, name: str, folder: Path) -> None:
        (folder / name).rename(folder / "elsewhere")
        (folder / name).symlink_to(folder / "elsewhere")
        text = f"/{name} is a symbolic link: expected a regular file."
        refused(folder, lambda: train(folder), UnavailableError, text)

    def test_unfinished_lines_and_parts_of_files_are_removed(self, folder: Path) -> None:
        before = contents(folder)
        for name in (METRICS, TIMES):
            (folder / name).write_bytes(before[name] + b'{"epo')
        for name in (".x.0123.purenn-part", ".download.part"):
            (folder / name).touch()
        train(folder)
        assert contents(folder) == {**before, ".download.part": b""}


class TestOtherRuns:
    def test_another_key_model_or_optimizer(self, tmp_path: Path) -> None:
        counted(tmp_path, 2, leave=3)
        adam, key, name = nn.adam(0.1).init(STATE.params), KEY.child("x"), "/checkpoint.safetensors"
        with runs.resume(tmp_path) as run:
            text = f"{name} belongs to another key: expected {key}, got {KEY}."
            refused(tmp_path, lambda: runs.begin(run, STATE, "model", key), CheckpointError, text)
            text = f"{name} belongs to another model: expected relu(), got model."
            refused(tmp_path, lambda: runs.begin(run, STATE, "relu()", KEY), CheckpointError, text)
            text = f"{name} holds another tree:\n  missing leaf state.slots"
            refused(tmp_path, lambda: runs.begin(run, adam, "model", KEY), TreeError, text)

    def test_fewer_batches_than_before(self, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            counted(tmp_path, 1, crash=2)
        with pytest.raises(RunError) as caught:
            counted(tmp_path, 1, batches=(4, 4))
        assert str(caught.value) == (
            f"{tmp_path}/checkpoint.safetensors is at epoch 1, batch 3, but that epoch has only 2 "
            "batches now. Give the same data and batch size, or choose another folder."
        )

    def test_no_batches_or_epochs(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match=r"^Epoch 0 has no batches to train on\.$"):
            counted(tmp_path, 1, batches=())
        with pytest.raises(OptionError, match=r"^epochs: expected an integer ≥ 1, got 0\.$"):
            counted(tmp_path, 0)


def test_interruptions_pickle() -> None:
    error = copy.copy(nn.errors.InterruptionError("Stopped.", 15))
    assert (str(error), error.signal) == ("Stopped.", 15)
