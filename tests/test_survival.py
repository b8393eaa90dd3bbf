"""Training processes that are killed at any moment end with the bits of one that never was."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import Fault, How
from killing import PROGRAM, SINGLE_THREAD, End, Server, serving
from states import contents

from purenn import runs
from purenn.files import SUFFIX

KILLS = 60
KILLS_ON_DISK = 15

# Kills do not care whether a disk is real. Where there is none, nobody waits for it.
MEMORY = Path("/dev/shm")

KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def undisturbed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    assert server.run(folder).status == 0
    return folder


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk in memory, if there is one."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def report(figures: str) -> None:
    """Show what the README cites; `pytest -rP` prints it."""
    sys.stdout.write(f"{figures}\n")


def check_same(folder: Path, undisturbed: Path) -> int:
    """Compare every file, and give the number of bytes."""
    assert runs.differences(folder, undisturbed) == ()
    return sum(path.stat().st_size for path in folder.iterdir())


def operations(server: Server, folder: Path) -> range:
    """The operations on files that a run takes, from 1."""
    return range(1, server.run(folder).operations + 1)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "power", "names"])
def test_every_operation_on_a_file_can_be_the_last(
    how: How, server: Server, undisturbed: Path, memory: Path
) -> None:
    rng = random.Random(0)
    everywhere = operations(server, memory / "counted")
    in_recovery = operations(server, memory / "counted")
    kills = 0
    for operation in everywhere:
        folder = memory / "run"
        assert server.run(folder, Fault(operation, how)).status == KILLED
        again = server.run(folder, Fault(rng.choice(in_recovery), how))
        kills += 1 + (again.status == KILLED)
        assert server.run(folder).status == 0
        check_same(folder, undisturbed)
        shutil.rmtree(folder)
    report(f"{how}: survived {kills} deaths, at each of {len(everywhere)} operations on files")
    assert kills > 1.5 * len(everywhere)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "power", "names"])
def test_so_it_is_when_a_finished_run_goes_on(
    how: How, server: Server, undisturbed: Path, memory: Path
) -> None:
    finished, folder = memory / "finished", memory / "run"
    assert server.run(finished, epochs=2).status == 0
    shutil.copytree(finished, memory / "counted")
    for operation in operations(server, memory / "counted"):
        shutil.copytree(finished, folder)
        assert server.run(folder, Fault(operation, how)).status == KILLED
        assert server.run(folder).status == 0
        check_same(folder, undisturbed)
        shutil.rmtree(folder)


def kill_until_done(
    server: Server, folder: Path, rng: random.Random, longest: float
) -> tuple[int, int]:
    """How many kills a run took, and how many of these left a file half-written.

    A session that was killed is followed by one that may last longer, so that runs get on even
    where a machine is busy.
    """
    kills = torn = 0
    while True:
        process = server.start(folder)
        process.begin()
        time.sleep(rng.uniform(0, longest * (1 + kills / 2)))
        process.kill(signal.SIGKILL)
        status = process.end().status
        if status == 0:
            return kills, torn
        assert status == KILLED
        kills += 1
        torn += any(folder.glob(f".*{SUFFIX}"))


def check_kills(server: Server, undisturbed: Path, place: Path, atleast: int) -> None:
    rng = random.Random(atleast)
    server.run(place / "warm")
    began = time.monotonic()
    server.run(place / "timed")
    longest = time.monotonic() - began
    kills = torn = size = count = 0
    while kills < atleast:
        folder = place / f"{count}"
        more, among = kill_until_done(server, folder, rng, longest)
        size += check_same(folder, undisturbed)
        kills, torn, count = kills + more, torn + among, count + 1
    report(
        f"{count} runs survived {kills} kills, {torn} in the middle of writing a file: "
        f"0 of {size:,} bytes lost"
    )


@pytest.mark.slow
def test_kills_at_random_moments(server: Server, undisturbed: Path, memory: Path) -> None:
    check_kills(server, undisturbed, memory, KILLS)


@pytest.mark.slow
def test_kills_at_random_moments_on_a_disk(
    server: Server, undisturbed: Path, tmp_path: Path
) -> None:
    check_kills(server, undisturbed, tmp_path, KILLS_ON_DISK)


@pytest.mark.slow
def test_kills_of_processes_that_nobody_forked(undisturbed: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM), "run", str(tmp_path / "run")]
    kills = 0
    for wait in (0.2, 0.25, 0.3, 0.35, 0.4):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=SINGLE_THREAD) as process:
            time.sleep(wait)
            process.kill()
        kills += process.returncode == KILLED
    assert kills > 0
    subprocess.run(command, stdout=subprocess.DEVNULL, env=SINGLE_THREAD, check=True)
    check_same(tmp_path / "run", undisturbed)


@pytest.mark.slow
def test_every_operation_on_a_file_can_meet_a_full_disk(
    server: Server, undisturbed: Path, memory: Path
) -> None:
    reason = "No space left on device"
    everywhere = operations(server, memory / "counted")
    said = set()
    for operation in everywhere:
        folder = memory / "run"
        end = server.run(folder, Fault(operation, "ENOSPC"))
        said.add(end.error.replace(str(folder), "FOLDER"))
        assert end.status == 1 or end == End(0, "", everywhere[-1])
        assert server.run(folder).status == 0
        check_same(folder, undisturbed)
        shutil.rmtree(folder)
    places = ["", *(f"/{name}" for name in contents(undisturbed) if name != ".lock")]
    reasons = (f"FOLDER{place} cannot be {{}}: {reason}." for place in places)
    for where in reasons:
        efforts = ("made", "written", "written to", "flushed")
        assert any(f"UnavailableError: {where.format(effort)}" in said for effort in efforts)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_stop_is_granted_between_two_steps(
    number: signal.Signals, server: Server, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    process = server.start(folder, pause=0.05)
    process.begin()
    assert all(process.steps() for _ in range(3))
    process.kill(number)
    end = process.end()
    assert end.status == 128 + number
    assert end.error == (
        f"Stopped by {number.name} before epoch 1, batch 0. {folder}/checkpoint.safetensors is "
        "complete: resume the run to go on from there."
    )
    assert not list(folder.glob(f".*{SUFFIX}"))
    assert server.run(folder).status == 0
    check_same(folder, undisturbed)


def test_many_requests_to_stop(server: Server, undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    stops = 0
    while True:
        process = server.start(folder, pause=0.001)
        process.begin()
        if process.steps():
            process.kill(signal.SIGTERM)
        status = process.end().status
        if status == 0:
            break
        assert status == 128 + signal.SIGTERM
        stops += 1
    assert stops >= 4
    check_same(folder, undisturbed)


def test_the_second_request_ends_it_at_once(server: Server, tmp_path: Path) -> None:
    process = server.start(tmp_path / "run", pause=60.0)
    process.begin()
    assert process.steps()
    process.kill(signal.SIGTERM)
    time.sleep(0.1)
    assert process.is_running()
    process.kill(signal.SIGTERM)
    assert process.end().status == -signal.SIGTERM


def test_a_folder_is_for_one_process_until_it_dies(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with serving() as other:
        process = other.start(folder, pause=60.0)
        process.begin()
        assert process.steps()
        before = contents(folder)
        assert server.run(folder).error == (
            f"RunError: {folder} is in use by process {process.pid}. "
            "Wait, or choose another folder."
        )
        assert contents(folder) == before
        process.kill(signal.SIGKILL)
        assert process.end().status == KILLED
    assert server.run(folder).status == 0
