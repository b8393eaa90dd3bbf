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
from purenn.runs.records import Metrics
from purenn.runs.stopping import Best, Until
from purenn.saving import load
from purenn.training import Report

Params = tuple[Vector]
Moved = State[Params, Velocity]
Progress = runs.Progress[Params, Velocity]

STATE: Moved = nn.sgd(0.1).init((np.zeros(1),))
KEY = nn.Key(5)
OFTEN = runs.Cadence(steps=1)
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
    """A step that counts."""
    params = (state.params[0] + 1.0,)
    return State(params, state.slots, state.step + 1), Report(float(batch), 1)


def loss(end: Progress) -> Metrics:
    return {"loss": LOSSES[end.epoch]}


def counted(
    folder: Path,
    epochs: int,
    *,
    batches: int = 3,
    until: Until | None = None,
    best: Best | None = None,
    stop: Callable[[Progress], bool] = lambda progress: False,
    cadence: runs.Cadence = OFTEN,
) -> list[int]:
    """The steps of a session: up to so many epochs, or as long as nobody stops it by hand."""
    with runs.resume(folder, runs.Config("count.py", {})) as run:
        begun = progress = runs.begin(run, STATE, "model", KEY)
        steps: list[int] = []
        for progress in runs.train(
            run,
            begun,
            count,
            lambda key, epoch: range(batches),
            epochs,
            loss,
            until=until,
            best=best,
            cadence=cadence,
        ):
            steps.append(progress.state.step)
            if stop(progress):
                break
        runs.finish(run, progress, {})
    return steps


class TestConfigurations:
    def refused(self, folder: Path, message: str, config: runs.Config | None = CONFIG) -> None:
        before = contents(folder) if folder.exists() else None
        with pytest.raises(RunError) as caught, runs.resume(folder, config):
            pass
        assert str(copy.copy(caught.value)) == message
        assert (contents(folder) if folder.exists() else None) == before

    def test_another_one(self, folder: Path) -> None:
        self.refused(
            folder,
            f"{folder} holds a run with another configuration:\n"
            "  epochs: 3 there, 4 here\n"
            "Give the same settings, or choose another folder.",
            runs.Config("survivor.py", {"epochs": 4, "seed": 0}),
        )

    def test_the_folder_has_it(self, folder: Path) -> None:
        with runs.resume(str(folder)) as run:
            assert run == runs.Run(folder, CONFIG)

    def test_where_nothing_is_yet_it_begins(self, tmp_path: Path) -> None:
        with runs.resume(tmp_path / "run", CONFIG):
            assert runs.read_config(tmp_path / "run" / "config.json") == CONFIG

    def test_where_nothing_is_none_is_found(self, tmp_path: Path) -> None:
        message = f"{tmp_path}/x holds no run. Start one there, or choose another folder."
        self.refused(tmp_path / "x", message, None)


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

    def test_early_stopping_is_taken_up_where_it_stopped(self, tmp_path: Path) -> None:
        until, best = runs.patience("loss", epochs=2), runs.best("loss")
        first = counted(tmp_path / "a", 8, until=until, best=best)
        before = contents(tmp_path / "a")
        assert first == list(range(1, 16))  # epoch 2 is the best of the first 5
        assert load(tmp_path / "a" / "best.safetensors", like=STATE.params)[0] == 9.0
        assert counted(tmp_path / "a", 8, until=until, best=best) == []
        assert contents(tmp_path / "a") == before
        # More patience goes on, and ends as if it had been there from the start.
        more = runs.patience("loss", epochs=3)
        assert counted(tmp_path / "a", 8, until=more, best=best) == list(range(16, 25))
        assert counted(tmp_path / "b", 8, until=more, best=best) == list(range(1, 25))
        assert runs.differences(tmp_path / "a", tmp_path / "b") == ()

    @pytest.mark.parametrize("step", [4, 6])
    def test_a_loop_that_was_left_by_hand_and_finished_is_finished(
        self, step: int, tmp_path: Path
    ) -> None:
        def stop(progress: Progress) -> bool:
            return progress.state.step >= step

        assert counted(tmp_path, 4, stop=stop) == list(range(1, step + 1))
        before = contents(tmp_path)
        assert counted(tmp_path, 4, stop=stop) == []
        assert contents(tmp_path) == before
        assert counted(tmp_path, 5) == list(range(step + 1, 16))

    def test_sessions_that_end_anywhere_make_no_difference(self, tmp_path: Path) -> None:
        best = runs.best("loss")
        counted(tmp_path / "whole", 6, best=best)
        for end in (1, 2, 3, 7, 8, 18):
            with pytest.raises(KeyboardInterrupt):
                counted(tmp_path / "parts", 6, best=best, stop=interrupt_at(end))
        counted(tmp_path / "parts", 6, best=best)
        assert runs.differences(tmp_path / "whole", tmp_path / "parts") == ()

    @pytest.mark.parametrize(
        ("cadence", "saved"),
        [(runs.Cadence(), [1, 2, 3, 4, 5]), (runs.Cadence(epochs=2), [2, 4, 5])],
    )
    def test_checkpoints_are_written_at_the_ends_of_epochs(
        self,
        cadence: runs.Cadence,
        saved: list[int],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        epochs: list[int] = []

        def save(run: runs.Run, progress: Progress) -> None:
            epochs.append(progress.epoch)
            runs.save(run, progress)

        monkeypatch.setattr(training, "save", save)
        counted(tmp_path, 5, cadence=cadence)
        assert epochs == saved

    def test_the_mean_loss_is_that_of_the_samples(self, tmp_path: Path) -> None:
        def step(state: Moved, size: int) -> tuple[Moved, Report]:
            return state, Report(float(size), size)

        def measure(end: Progress) -> Metrics:
            return {"loss": end.mean_loss, "samples": end.samples}

        with runs.start(tmp_path, CONFIG) as run:
            begun = runs.begin(run, STATE, "", KEY)
            list(runs.train(run, begun, step, lambda key, epoch: [4, 4, 1], 1, measure))
        assert runs.read_records(tmp_path) == ({"epoch": 0, "loss": 33 / 9, "samples": 9},)


def interrupt_at(step: int) -> Callable[[Progress], bool]:
    """What ends a session as a bug in the loop's body would."""

    def stop(progress: Progress) -> bool:
        if progress.state.step >= step:
            raise KeyboardInterrupt
        return False

    return stop


class TestDamage:
    def refused(self, folder: Path, error: type[PurennError], message: str) -> None:
        before = contents(folder)
        with pytest.raises(error) as caught:
            train(folder)
        assert str(copy.copy(caught.value)) == message
        assert contents(folder) == before

    def test_records_that_were_lost(self, folder: Path) -> None:
        (folder / "metrics.jsonl").write_text("")
        self.refused(
            folder,
            RunError,
            f"{folder}/metrics.jsonl has 0 epochs, but the checkpoint was written after 3. Restore "
            "it from a copy, or start again in another folder.",
        )

    @pytest.mark.parametrize(
        ("line", "error", "problem"),
        [
            ('{"epoch": 7, "loss": 1.0}', RunError, "expected the record of epoch 1."),
            ("[1]", RunError, "expected the record of epoch 1."),
            ('{"epoch": 1, "loss": "low"}', RunError, "expected only numbers."),
            (
                "loss",
                FormatError,
                "expected JSON: Expecting value: line 1 column 1 (char 0).",
            ),
        ],
    )
    def test_records_that_are_none(
        self, line: str, error: type[PurennError], problem: str, folder: Path
    ) -> None:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        (folder / "metrics.jsonl").write_text(f"{lines[0]}\n{line}\n{lines[2]}\n")
        self.refused(folder, error, f"{folder}/metrics.jsonl, line 2: {problem}")

    @pytest.mark.parametrize("content", [b"\xff\n", b"[]\n", b'{"seconds": "1"}\n', b"\0\0\n"])
    def test_times_that_are_none_are_found_before_training(
        self, content: bytes, folder: Path
    ) -> None:
        (folder / "times.jsonl").write_bytes(content)
        before = contents(folder)
        with pytest.raises(PurennError, match=r"times\.jsonl, line 1: expected "):
            train(folder, epochs=4)
        assert contents(folder) == before

    @pytest.mark.parametrize("name", ["summary.json", "environment.json", "checkpoint.safetensors"])
    def test_other_files_that_are_damaged(self, name: str, folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:-9])
        before = contents(folder)
        with pytest.raises(FormatError, match=rf"{name}:? (expected|is corrupt|.*is truncated)"):
            train(folder, epochs=4)
        assert contents(folder) == before

    @pytest.mark.parametrize("name", ["metrics.jsonl", "times.jsonl"])
    def test_files_that_are_links(self, name: str, folder: Path) -> None:
        (folder / name).rename(folder / "elsewhere")
        (folder / name).symlink_to(folder / "elsewhere")
        message = f"{folder}/{name} is a symbolic link: expected a regular file."
        self.refused(folder, UnavailableError, message)

    def test_unfinished_lines_are_cut_off(self, folder: Path) -> None:
        before = contents(folder)
        for name in ("metrics.jsonl", "times.jsonl"):
            (folder / name).write_bytes(before[name] + b'{"epo')
        train(folder)
        assert contents(folder) == before


class TestOtherRuns:
    @pytest.fixture
    def run_folder(self, tmp_path: Path) -> Path:
        counted(tmp_path, 2, stop=lambda progress: progress.state.step == 3)
        return tmp_path

    def refused(self, folder: Path, begin: Callable[[runs.Run], object]) -> str:
        before = contents(folder)
        with runs.resume(folder) as run, pytest.raises(PurennError) as caught:
            begin(run)
        assert type(caught.value) in (CheckpointError, TreeError)
        assert contents(folder) == before
        return str(caught.value)

    def test_another_key_or_model(self, run_folder: Path) -> None:
        checkpoint = f"{run_folder}/checkpoint.safetensors belongs to another"
        key = KEY.child("x")
        assert self.refused(run_folder, lambda run: runs.begin(run, STATE, "model", key)) == (
            f"{checkpoint} key: expected {key}, got Key(5)."
        )
        assert self.refused(run_folder, lambda run: runs.begin(run, STATE, "relu()", KEY)) == (
            f"{checkpoint} model: expected relu(), got model."
        )

    def test_another_optimizer(self, run_folder: Path) -> None:
        state = nn.adam(0.1).init(STATE.params)
        told = self.refused(run_folder, lambda run: runs.begin(run, state, "model", KEY))
        assert told.startswith(
            f"{run_folder}/checkpoint.safetensors holds another tree:\n  missing"
        )
        assert "unexpected leaf state.slots" in told

    def test_fewer_batches_than_before(self, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            counted(tmp_path, 1, stop=interrupt_at(2))
        with pytest.raises(RunError) as caught:
            counted(tmp_path, 1, batches=2)
        assert str(caught.value) == (
            f"{tmp_path}/checkpoint.safetensors is at epoch 0, batch 2, but that epoch has only 2 "
            "batches now. Give the same data and batch size, or choose another folder."
        )

    def test_no_batches_or_epochs(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match=r"^Epoch 0 has no batches to train on\.$"):
            counted(tmp_path, 1, batches=0)
        with pytest.raises(OptionError, match=r"^epochs: expected an integer ≥ 1, got 0\.$"):
            counted(tmp_path, 0)


def test_interruptions_pickle() -> None:
    error = copy.copy(nn.errors.InterruptionError("Stopped.", 15))
    assert (str(error), error.signal) == ("Stopped.", 15)
