"""Going on with a run: where, until when, and what is refused without touching anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PosixPath

import numpy as np
import pytest
from states import contents, untouched
from survivor import CONFIG, train

import purenn as nn
from purenn import runs
from purenn.arrays import Vector
from purenn.errors import OptionError, PurennError, RunError, TreeError
from purenn.optimizers import Velocity
from purenn.runs import training
from purenn.runs.folder import HELD
from purenn.runs.records import METRICS, TIMES, Best, Metrics, Until
from purenn.saving import load
from purenn.training import Report

Moved = nn.State[tuple[Vector], Velocity]
Progress = runs.Progress[tuple[Vector], Velocity]

STATE: Moved = nn.sgd(0.1).init((np.zeros(1),))
KEY = nn.Key(5)
OFTEN = runs.Cadence(steps=1)
FIRST, HUGE = b'{"epoch": 0}\n', b"0" * 400
LOSSES = (5.0, 3.0, 2.0, 4.0, 2.5, 1.0, 6.0, 7.0)  # by epoch
LOWEST = runs.best("loss")
# What a run has once there was a checkpoint.
LATER = {"checkpoint.safetensors", "summary.json", "best.safetensors", TIMES}


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def count(state: Moved, batch: int) -> tuple[Moved, Report]:
    """A step that counts. A batch has its number of samples, and that as their loss."""
    params = (state.params[0] + 1.0,)
    return nn.State(params, state.slots, state.step + 1), Report(np.float64(batch), batch)


def metrics(end: Progress) -> Metrics:
    loss, samples = np.float32(LOSSES[end.epoch]), np.int64(end.samples)
    return {"loss": loss, "mean": end.mean_loss, "samples": samples}


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
    steps: list[int] = []
    with runs.resume(folder, runs.Config("count.py", {})) as run:
        start = progress = runs.begin(run, STATE, "model", KEY)
        what = run, start, count, lambda key, epoch: batches, epochs, metrics
        for progress in runs.train(*what, until=until, best=best, cadence=cadence):
            steps.append(progress.state.step)
            if progress.state.step == crash:
                raise KeyboardInterrupt
            if progress.state.step == leave:
                break
        runs.finish(run, progress, {})
    return steps


def crashed(folder: Path, epochs: int, step: int, best: Best | None = None) -> None:
    with pytest.raises(KeyboardInterrupt):
        counted(folder, epochs, best=best, crash=step)


def upto(last: int, first: int = 1) -> list[int]:
    return list(range(first, last + 1))


@contextmanager
def refused(folder: Path, text: str) -> Iterator[None]:
    """Check that the block is refused with an error that begins so, and changes no file."""
    with untouched(folder), pytest.raises(PurennError) as caught:
        yield
    assert f"{type(caught.value).__name__}: {caught.value}".startswith(text)


class TestConfigurations:
    def test_another_one(self, folder: Path) -> None:
        config = runs.Config("survivor.py", {"epochs": 4, "seed": 0})
        text = f"RunError: {folder} holds a run with another configuration:\n  epochs: 3 there, "
        cure = "4 here\nGive the same settings, or choose another folder."
        with refused(folder, f"{text}{cure}"), runs.resume(folder, config):
            pass

    def test_where_nothing_is_it_begins_if_it_is_given(self, tmp_path: Path) -> None:
        place = tmp_path / "run"
        text = f"RunError: {place} holds no run: config.json is missing. Choose another folder."
        with refused(place, text), runs.resume(place):
            pass
        assert not place.exists()
        for known in (CONFIG, None):
            with runs.resume(str(place), known) as run:
                assert run == runs.Run(place, CONFIG)
        assert runs.read_config(place / "config.json") == CONFIG


class TestGoingOn:
    def test_fewer_epochs_than_are_configured_or_done_are_refused(self, folder: Path) -> None:
        text = f"RunError: {folder} holds a run with another configuration:\n  epochs: 3 there, "
        cure = "Give the same settings (but for epochs; numbers may only grow), or choose another"
        with refused(folder, f"{text}2 here\n{cure} folder."):
            train(folder, epochs=2)
        place = folder / "count"
        counted(place, 3, leave=7)
        with refused(place, f"RunError: {place} has 2 epochs already: expected at least as many"):
            counted(place, 1)
        assert counted(place, 3) == []

    @pytest.mark.parametrize("left", ["summary.json", TIMES])
    def test_a_checkpoint_that_was_lost_is_missed(self, left: str, folder: Path) -> None:
        for name in LATER - {left}:
            (folder / name).unlink()
        with refused(folder, f"RunError: {folder}/checkpoint.safetensors is missing: restore it"):
            train(folder)

    def test_without_a_checkpoint_it_is_trained_again(self, folder: Path, finished: Path) -> None:
        for name in LATER:
            (folder / name).unlink()
        train(folder)
        assert runs.differences(folder, finished) == ()

    def test_early_stopping_is_taken_up_where_it_stopped(self, tmp_path: Path) -> None:
        one, other = tmp_path / "a", tmp_path / "b"
        until = runs.patience("loss", epochs=2)
        assert counted(one, 8, until=until, best=LOWEST) == upto(15)  # epoch 2 is the best of 5
        params = load(one / "best.safetensors", like=STATE.params)
        assert params[0] == 9.0
        summary = runs.read_summary(one)
        assert summary is not None
        assert summary.digest == runs.digest(params)
        with untouched(one):
            assert counted(one, 8, until=until, best=LOWEST) == []
        # More patience goes on, and ends as if it had been there from the start.
        more = runs.patience("loss", epochs=3)
        assert counted(one, 8, until=more, best=LOWEST) == upto(24, 16)
        assert counted(other, 8, until=more, best=LOWEST) == upto(24)
        assert runs.differences(one, other) == ()

    @pytest.mark.parametrize("step", [4, 6])
    def test_a_loop_that_was_left_by_hand_is_finished(self, step: int, tmp_path: Path) -> None:
        assert counted(tmp_path, 4, leave=step) == upto(step)
        with untouched(tmp_path):
            assert counted(tmp_path, 4) == []
        crashed(tmp_path, 5, step + 1)
        assert runs.read_summary(tmp_path) is None
        assert counted(tmp_path, 5) == upto(15, step + 2)

    def test_sessions_that_end_anywhere_make_no_difference(self, tmp_path: Path) -> None:
        counted(tmp_path / "whole", 6, best=LOWEST)
        for end in (1, 2, 3, 7, 8, 18):
            crashed(tmp_path / "parts", 6, end, LOWEST)
        counted(tmp_path / "parts", 6, best=LOWEST)
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
    def test_checkpoints(self, cadence: runs.Cadence, steps: list[int], tmp_path: Path) -> None:
        saved: list[int] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "save", lambda run, now: saved.append(now.state.step))
            counted(tmp_path, 5, cadence=cadence)
        assert saved == steps


class TestDamage:
    @pytest.mark.parametrize(
        ("name", "content", "text"),
        [
            (METRICS, b"", "RunError has 0 epochs, but the checkpoint was written after 3."),
            (METRICS, FIRST + b'{"epoch": 7}\n\n', "RunError, line 2: expected the record of "),
            (METRICS, FIRST + b'{"epoch": true}\n\n', "RunError, line 2: expected the record"),
            (METRICS, FIRST + b"[1]\n\n", "RunError, line 2: expected the record of epoch 1"),
            (METRICS, b'{"epoch": 0, "x": "1"}\n\n\n', "RunError, line 1: expected the record"),
            (METRICS, b'{"epoch": 0, "x": 1%s}\n\n\n' % HUGE, "FormatError, line 1: expected JSON"),
            (METRICS, b'{"epoch": 0, "x": 1e999}\n\n\n', "FormatError, line 1: expected JSON: the"),
            (TIMES, b"\xff\n", "FormatError, line 1: expected JSON"),
            (TIMES, b'{"seconds": "1"}\n', "RunError, line 1: expected the start or the seconds"),
            ("summary.json", b"{", "FormatError: expected JSON"),
            ("summary.json", b'{"metrics": []}', "RunError: expected the summary of a run"),
            ("environment.json", b"{", "FormatError: expected JSON"),
            ("environment.json", b"[1]", "RunError: expected names and facts"),
            ("checkpoint.safetensors", b"{", "FormatError: expected a safetensors file, got b"),
            ("best.safetensors", b"{", "FormatError: expected a safetensors file, got b"),
        ],
    )
    def test_damaged_files(self, name: str, content: bytes, text: str, folder: Path) -> None:
        (folder / name).write_bytes(content)
        with refused(folder, text.replace("Error", f"Error: {folder / name}")):
            train(folder, epochs=4)

    @pytest.mark.parametrize("name", [METRICS, TIMES])
    def test_files_that_are_links(self, name: str, folder: Path) -> None:
        (folder / name).rename(folder / "elsewhere")
        (folder / name).symlink_to(folder / "elsewhere")
        text = f"UnavailableError: {folder}/{name} is a symbolic link: expected a regular file."
        with refused(folder, text):
            train(folder)

    def test_unfinished_lines_and_parts_of_files_are_removed(self, folder: Path) -> None:
        before = contents(folder)
        for name in (METRICS, TIMES):
            (folder / name).write_bytes(before[name] + b'{"epo')
        for name in (".x.0123.purenn-part", ".download.part"):
            (folder / name).touch()
        train(folder)
        assert contents(folder) == {**before, ".download.part": b""}


class TestBest:
    def test_it_is_never_ahead_of_the_checkpoint(self, tmp_path: Path) -> None:
        whole, part = tmp_path / "whole", tmp_path / "part"
        rare = runs.Cadence(epochs=5)
        counted(whole, 7, best=LOWEST, cadence=rare)
        with pytest.raises(KeyboardInterrupt):
            counted(part, 7, best=LOWEST, cadence=rare, crash=18)
        with runs.resume(part) as run:
            assert runs.begin(run, STATE, "model", KEY).epoch == 6  # the best of all
        counted(part, 7, best=LOWEST, cadence=rare)
        assert runs.differences(whole, part) == ()

    def test_it_is_asked_for_in_all_sessions_or_in_none(self, tmp_path: Path) -> None:
        file = tmp_path / "best.safetensors"
        counted(tmp_path, 4)
        text = f"RunError: {file} is missing, with the parameters of epoch 3: restore it from"
        with refused(tmp_path, text):
            counted(tmp_path, 5, best=LOWEST)
        counted(tmp_path, 6)
        counted(tmp_path, 6, best=LOWEST)  # which the last epoch is
        with refused(tmp_path, f"RunError: {file} has the best parameters of earlier sessions"):
            counted(tmp_path, 8)

    def test_of_averages_it_is_what_is_evaluated(self, tmp_path: Path) -> None:
        kept = nn.optimizers.averaged(nn.sgd(0.1)).init(STATE.params)  # as `count` never moves them
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(globals(), "STATE", kept)
            counted(tmp_path, 3, best=LOWEST)
        assert load(tmp_path / "best.safetensors", like=STATE.params)[0] == 0.0

    def test_averages_of_other_leaves_are_told_before_training(self, tmp_path: Path) -> None:
        slots = nn.optimizers.averaged(nn.sgd(0.1)).init((np.zeros(2),)).slots
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(globals(), "STATE", nn.State(STATE.params, slots, 0))
            with pytest.raises(TreeError, match="expected averages of all leaves"):
                counted(tmp_path, 1, best=LOWEST)
        assert not (tmp_path / TIMES).read_bytes()

    def test_a_metric_that_a_session_lacks_is_told_before_checkpoints(self, tmp_path: Path) -> None:
        counted(tmp_path, 2, best=LOWEST)
        text = "^metric: expected one of record 0's .loss, mean, samples., got 'los'.$"
        with pytest.raises(OptionError, match=text):
            counted(tmp_path, 4, best=runs.best("los"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(globals(), "metrics", lambda end: {"los": 1.0})
            text = "^metric: expected one of record 2's .los., got 'loss'.$"
            with pytest.raises(OptionError, match=text):
                counted(tmp_path, 4, best=LOWEST, cadence=runs.Cadence())
            with pytest.raises(OptionError, match=text):
                counted(tmp_path, 3, until=runs.patience("loss", 9), best=lambda records: 0)
        counted(tmp_path, 4, best=LOWEST)


def go_on(run: runs.Run, progress: Progress) -> Progress:
    what = count, lambda key, epoch: (4, 4, 1), 3, metrics
    return next(runs.train(run, progress, *what, cadence=OFTEN))


USES = go_on, lambda run, progress: runs.finish(run, progress, {})


class TestProgress:
    def test_it_is_where_the_run_stands(self, tmp_path: Path) -> None:
        counted(tmp_path, 2)
        other = f"RunError: {tmp_path} has other records than this progress: it was trained furt"
        with runs.resume(tmp_path) as run:
            end = runs.begin(run, STATE, "model", KEY)
            for use in USES:
                with refused(tmp_path, other):
                    use(run, runs.Progress(STATE, KEY, "model"))
            for name in (METRICS, TIMES):
                whole = (tmp_path / name).read_bytes()
                (tmp_path / name).write_bytes(whole + b'{"epo')
                with refused(tmp_path, other):
                    go_on(run, end)
                (tmp_path / name).write_bytes(whole)
        for use in USES:
            with refused(tmp_path, f"RunError: {tmp_path} is not held by this process any more."):
                use(run, end)

    def test_runs_of_other_threads_may_begin_while_it_is_looked_up(self, tmp_path: Path) -> None:
        class Begun(PosixPath):
            __hash__ = PosixPath.__hash__

            def __eq__(self, other: object) -> bool:
                HELD[-2] = self
                return False

        HELD[-1] = Begun()
        with runs.start(tmp_path, runs.Config("count.py", {})) as run:
            runs.begin(run, STATE, "model", KEY)
        assert HELD.pop(-1) is HELD.pop(-2)

    def test_its_state_is_such_as_a_session_could_resume(self, tmp_path: Path) -> None:
        text = (
            "TreeError: The state is unlike that given to begin, and could not be resumed:\n  para"
        )
        narrow = nn.sgd(0.1).init((np.zeros(1, np.float32),))
        with runs.start(tmp_path, runs.Config("count.py", {})) as run:
            start = runs.begin(run, STATE, "model", KEY)
            with refused(tmp_path, text):
                runs.save(run, runs.Progress(narrow, start.key, start.model))

    def test_it_is_not_from_before_the_checkpoint(self, tmp_path: Path) -> None:
        text = f"RunError: {tmp_path} is at epoch 1, batch 3, and this progress is of epoch 1, batc"
        with runs.resume(tmp_path, runs.Config("count.py", {})) as run:
            first = runs.begin(run, STATE, "model", KEY)
            end = go_on(run, go_on(run, first))
        with runs.resume(tmp_path) as run:  # one of another session is no better
            for use in (*USES, runs.save):
                with refused(tmp_path, text):
                    use(run, first)
            runs.finish(run, end, {})


class TestOtherRuns:
    def test_another_key_model_or_optimizer(self, tmp_path: Path) -> None:
        counted(tmp_path, 2, leave=3)
        adam, key = nn.adam(0.1).init(STATE.params), KEY.child("x")
        checkpoint = tmp_path / "checkpoint.safetensors"
        text = f"CheckpointError: {checkpoint} belongs to another"
        with runs.resume(tmp_path) as run:
            with refused(tmp_path, f"{text} key: expected {key}, got {KEY}."):
                runs.begin(run, STATE, "model", key)
            with refused(tmp_path, f"{text} model: expected relu(), got model."):
                runs.begin(run, STATE, "relu()", KEY)
            text = f"TreeError: {checkpoint} holds another tree:\n  missing leaf state.slots"
            with refused(tmp_path, text):
                runs.begin(run, adam, "model", KEY)

    @pytest.mark.parametrize("batches", [(), (4, 4)])
    def test_fewer_batches_than_before(self, batches: tuple[int, ...], tmp_path: Path) -> None:
        left = len(batches)
        if batches:
            crashed(tmp_path, 1, left)
        text = f"is at epoch 1, batch {left + 1}, but that epoch has only {left} batches. Give the"
        with pytest.raises(RunError, match=f"^{tmp_path} {text} same data and batch size, or choo"):
            counted(tmp_path, 1, batches=batches)
