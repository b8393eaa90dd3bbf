"""Going on with a run: what is refused then, and that nothing is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from states import contents
from survivor import CONFIG, train

import purenn as nn
from purenn import runs
from purenn.arrays import Vector
from purenn.errors import CheckpointError, RunError
from purenn.runs import training

Slots = tuple[nn.Velocity, nn.Empty]
State = nn.OptimizerState[tuple[Vector], Slots]

PARAMS: tuple[Vector] = (np.zeros(1),)
STATE = nn.sgd(0.1).init(PARAMS)
KEY = nn.Key(5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder, with a finished run in it."""
    train(tmp_path / "run")
    return tmp_path / "run"


def resume(folder: Path, config: runs.Config = CONFIG) -> None:
    with runs.resume(folder, config):
        pass


def idle(state: State, batch: int) -> tuple[State, float]:
    return state, 1.0


def nothing(end: runs.Progress[tuple[Vector], Slots]) -> dict[str, float]:
    return {}


class TestResuming:
    def refused(self, folder: Path, config: runs.Config, message: str) -> None:
        before = contents(folder)
        with pytest.raises(RunError) as caught:
            resume(folder, config)
        assert str(caught.value) == message
        assert contents(folder) == before

    def test_another_configuration(self, folder: Path) -> None:
        self.refused(
            folder,
            runs.Config("other.py", {"epochs": 3, "model": {"hidden": [8]}}),
            f"{folder} holds a run of another configuration:\n"
            "  script: 'survivor.py' there, 'other.py' here\n"
            "  epochs: 2 there, 3 here\n"
            "  seed: 0 there, nothing here\n"
            "  model.hidden: nothing there, [8] here\n"
            "Give the same settings, or choose another folder.",
        )

    @pytest.mark.parametrize(
        "content", ["[]", '{"script": "x.py"}', '{"script": "x", "settings": {}, "more": 1}']
    )
    def test_a_configuration_that_is_none(self, content: str, folder: Path) -> None:
        (folder / "config.json").write_text(content)
        self.refused(
            folder,
            CONFIG,
            f"{folder}/config.json holds no configuration of a run: it must be an object of a "
            "script and settings, and nothing else, as in the config.json of a run's folder.",
        )

    def test_a_configuration_that_is_no_json(self, folder: Path) -> None:
        (folder / "config.json").write_text("epochs = 3")
        self.refused(
            folder,
            CONFIG,
            f"{folder}/config.json holds no JSON: Expecting value: line 1 column 1 (char 0).",
        )

    def test_where_nothing_is_yet_it_begins(self, tmp_path: Path) -> None:
        resume(tmp_path / "run")
        assert runs.read_config(tmp_path / "run" / "config.json") == CONFIG

    def test_a_finished_run_trains_nothing(self, folder: Path) -> None:
        before = contents(folder)
        train(folder)
        assert contents(folder) == before

    def test_records_that_were_lost(self, folder: Path) -> None:
        (folder / "metrics.jsonl").write_text("")
        before = contents(folder)
        with pytest.raises(RunError) as caught:
            train(folder)
        assert str(caught.value) == (
            f"{folder}/metrics.jsonl has 0 epochs and the checkpoint comes after 2. "
            "Somebody changed it: take another copy, or start anew in another folder."
        )
        assert contents(folder) == before

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ('{"epoch": 7, "loss": 1.0}', " is no record of epoch 1."),
            ("[1]", " is no record of epoch 1."),
            ('{"epoch": 1, "loss": "low"}', " holds something else than numbers."),
            ("loss", " holds no JSON: Expecting value: line 1 column 1 (char 0)."),
        ],
    )
    def test_records_that_are_none(self, line: str, problem: str, folder: Path) -> None:
        first = (folder / "metrics.jsonl").read_text().splitlines()[0]
        (folder / "metrics.jsonl").write_text(f"{first}\n{line}\n")
        with pytest.raises(RunError) as caught:
            train(folder)
        assert str(caught.value) == f"{folder}/metrics.jsonl, line 2{problem}"

    def test_a_checkpoint_that_was_changed(self, folder: Path) -> None:
        content = bytearray((folder / "checkpoint.npz").read_bytes())
        content[2000] ^= 1
        (folder / "checkpoint.npz").write_bytes(bytes(content))
        before = contents(folder)
        with pytest.raises(CheckpointError, match=f"^{folder}/checkpoint.npz is corrupt"):
            train(folder)
        assert contents(folder) == before

    def test_fewer_batches_than_before(self, tmp_path: Path) -> None:
        with runs.start(tmp_path, CONFIG) as run:
            start = runs.begin(run, STATE, "", KEY)
            stands = list(runs.train(run, start, idle, lambda key, epoch: range(5), 1, nothing))
            runs.save(run, stands[2])
        with runs.resume(tmp_path, CONFIG) as run:
            again = runs.train(
                run, runs.begin(run, STATE, "", KEY), idle, lambda key, epoch: range(2), 1, nothing
            )
            with pytest.raises(RunError) as caught:
                next(again)
        assert str(caught.value) == (
            f"{tmp_path}/checkpoint.npz stands at epoch 0, batch 3, and that epoch has 2 batches "
            "now. Give the same data and batch size, or choose another folder."
        )

    @pytest.mark.parametrize(
        ("cadence", "saved"),
        [(runs.Cadence(), [1, 2, 3, 4, 5]), (runs.Cadence(epochs=2), [2, 4, 5])],
    )
    def test_checkpoints_are_written_at_the_ends_of_epochs(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        cadence: runs.Cadence,
        saved: list[int],
    ) -> None:
        epochs: list[int] = []

        def save(run: runs.Run, progress: runs.Progress[tuple[Vector], Slots]) -> None:
            epochs.append(progress.epoch)
            runs.save(run, progress)

        monkeypatch.setattr(training, "save", save)
        with runs.start(tmp_path, CONFIG) as run:
            start = runs.begin(run, STATE, "", KEY)
            list(runs.train(run, start, idle, lambda key, epoch: range(3), 5, nothing, cadence))
        assert epochs == saved

    def test_another_key(self, tmp_path: Path) -> None:
        with runs.start(tmp_path, CONFIG) as run:
            start = runs.begin(run, STATE, "", KEY)
            list(runs.train(run, start, idle, lambda key, epoch: range(5), 1, nothing))
        before = contents(tmp_path)
        with (
            runs.resume(tmp_path, CONFIG) as run,
            pytest.raises(CheckpointError) as caught,
        ):
            runs.begin(run, STATE, "", KEY.fold_in(1))
        assert str(caught.value) == (
            f"{tmp_path}/checkpoint.npz belongs to a run whose batches follow from Key(seed=5, "
            "path=()), and Key(seed=5, path=(1,)) came: its continuation would see the data in "
            "another order. Give the same seed."
        )
        assert contents(tmp_path) == before

    def test_no_batches(self, tmp_path: Path) -> None:
        with runs.start(tmp_path, CONFIG) as run:
            start = runs.begin(run, STATE, "", KEY)
            with pytest.raises(RunError) as caught:
                next(runs.train(run, start, idle, lambda key, epoch: range(0), 1, nothing))
        assert str(caught.value) == "Epoch 0 has no batches: there is nothing to train on."
