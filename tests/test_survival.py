"""Training processes that are killed at any moment end with the bits of one that never was."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import Fault, How, Watch
from killing import Session, run
from states import contents
from survivor import train

from purenn import runs
from purenn.errors import UnavailableError
from purenn.files import SUFFIX

# A kill leaves the same on a disk in memory, which nobody has to wait for.
MEMORY = Path("/dev/shm")

KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run(folder) == 0
    return folder


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a disk in memory, if there is one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def report(figures: str) -> None:
    """Show what docs/runs.md cites; `pytest -rP` prints it."""
    sys.stdout.write(f"{figures}\n")


def check_survival(folder: Path, undisturbed: Path) -> int:
    """Compare every file of a finished run, remove the folder, and give the number of bytes."""
    assert runs.differences(folder, undisturbed) == ()
    size = sum(map(len, contents(folder).values()))
    shutil.rmtree(folder)
    return size


def operations(folder: Path) -> range:
    """The operations on files that a run takes, from 1."""
    session = Session(folder)
    assert session.end() == 0
    return range(1, session.operations + 1)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "power", "names"])
@pytest.mark.parametrize("epochs", [0, 2])
def test_every_operation_on_a_file_can_be_the_last(
    how: How, epochs: int, undisturbed: Path, memory: Path
) -> None:
    """Those of a new run, and of one that was finished after two epochs and goes on."""
    rng = random.Random(0)
    folder, finished = memory / "run", memory / "finished"
    if epochs:
        assert run(finished, epochs=epochs) == 0
        shutil.copytree(finished, folder)
    everywhere, in_recovery = operations(folder), operations(folder)
    shutil.rmtree(folder)
    kills = 0
    for operation in everywhere:
        if epochs:
            shutil.copytree(finished, folder)
        assert run(folder, Fault(operation, how)) == KILLED
        kills += 1
        if run(folder, Fault(rng.choice(in_recovery), how)) == KILLED:
            kills += 1
            assert run(folder) == 0
        check_survival(folder, undisturbed)
    report(f"{how}: survived {kills} deaths, at each of {len(everywhere)} operations on files")
    assert kills > 1.5 * len(everywhere)


@pytest.mark.slow
def test_kills_at_random_moments(undisturbed: Path, memory: Path) -> None:
    rng, folder = random.Random(60), memory / "run"
    run(folder.with_name("warm"))
    began = time.monotonic()
    run(folder.with_name("timed"))
    longest = time.monotonic() - began
    kills = torn = size = count = 0
    while kills < 60:
        # Each session may last longer, so that runs get on even where a machine is busy.
        for session in range(100):
            process = Session(folder)
            time.sleep(rng.uniform(0, longest * (1 + session / 2)))
            process.kill(signal.SIGKILL)
            if (status := process.end()) == 0:
                break
            assert status == KILLED
            kills += 1
            torn += any(folder.glob(f".*{SUFFIX}"))
        size += check_survival(folder, undisturbed)
        count += 1
    report(
        f"{count} runs survived {kills} kills, {torn} in the middle of writing a file: "
        f"0 of {size:,} bytes lost"
    )


@pytest.mark.slow
def test_every_operation_on_a_file_can_meet_a_full_disk(finished: Path, memory: Path) -> None:
    """Which kills no process: all of it happens in this one."""
    folder, said = memory / "run", set[str]()
    everywhere = operations(folder)
    shutil.rmtree(folder)
    for operation in everywhere:
        with pytest.MonkeyPatch.context() as patch:
            Watch(Fault(operation, "ENOSPC"), folder, patch)
            try:
                train(folder)
            except UnavailableError as error:
                said.add(str(error).replace(str(folder), "FOLDER"))
            else:
                assert operation == everywhere[-1]
        train(folder)
        check_survival(folder, finished)
    for place in ("", *(f"/{name}" for name in contents(finished) if name != ".lock")):
        reasons = [
            f"FOLDER{place} cannot be {effort}: No space left on device."
            for effort in ("made", "written", "written to", "flushed")
        ]
        assert said & set(reasons), place


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_to_stop_are_granted_between_two_steps(
    number: signal.Signals, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    statuses: list[int] = []
    while 0 not in statuses:
        session = Session(folder, pause=0.05)
        if session.steps():
            session.kill(number)
        statuses.append(session.end())
        if len(statuses) == 1:
            checkpoint = folder / "checkpoint.safetensors"
            assert session.error == (
                f"Stopped by {number.name} before epoch 1, batch 3. {checkpoint} is complete: "
                "resume the run to go on from there."
            )
            assert checkpoint.exists()
            assert not list(folder.glob(f".*{SUFFIX}"))
    assert statuses == [128 + number] * (len(statuses) - 1) + [0]
    assert len(statuses) > 4
    check_survival(folder, undisturbed)


def test_the_second_request_ends_it_at_once(tmp_path: Path) -> None:
    session = Session(tmp_path / "run", pause=60.0)
    assert session.steps()
    session.kill(signal.SIGTERM)
    time.sleep(0.1)
    assert session.process.is_alive()
    session.kill(signal.SIGTERM)
    assert session.end() == -signal.SIGTERM
