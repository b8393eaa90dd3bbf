"""What gives the same bits: each promise of the documentation, kept or broken.

Kills and interruptions are in test_survival.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest
from commands import run as run_script
from killing import PROGRAM, SINGLE_THREAD
from survivor import CONFIG, stages
from threadpoolctl import threadpool_limits

import runs as compare
from purenn import runs
from verification import Verdict

ORDINARY: dict[str, str] = {}


def train(folder: Path, variables: Mapping[str, str] = ORDINARY, cwd: Path | None = None) -> None:
    """A run in a process of its own, or the rest of one."""
    subprocess.run(
        [sys.executable, str(PROGRAM), "run", str(folder)],
        stdout=subprocess.DEVNULL,
        env={**SINGLE_THREAD, **variables},
        cwd=cwd,
        check=True,
    )


def summary(folder: Path) -> runs.Summary:
    found = runs.read_summary(folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("determinism") / "run"
    train(folder)
    return folder


def half(place: Path) -> None:
    """A run that stopped after its first epoch."""
    with threadpool_limits(1, user_api="blas"), runs.start(place, CONFIG) as run:
        *_, last = stages(run, epochs=1)
    assert last.epoch == 1


@pytest.mark.parametrize(
    "variables",
    [{}, {"PYTHONHASHSEED": "7"}, {"TZ": "Asia/Tokyo"}, {"LC_ALL": "C", "LANG": "C"}],
    ids=["nothing", "hashes", "time zone", "locale"],
)
def test_the_same_command_gives_the_same_files(
    variables: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    train(tmp_path / "again", variables, tmp_path)
    assert runs.differences(folder, tmp_path / "again") == ()


def test_a_folder_that_was_moved_is_gone_on_with(folder: Path, tmp_path: Path) -> None:
    half(tmp_path / "here")
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "here", tmp_path / "elsewhere" / "there")
    train(tmp_path / "elsewhere" / "there")
    assert summary(tmp_path / "elsewhere" / "there").digest == summary(folder).digest


def test_a_copy_is_gone_on_with_as_well_as_the_original(tmp_path: Path) -> None:
    half(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    train(tmp_path / "one")
    train(tmp_path / "other")
    assert runs.differences(tmp_path / "one", tmp_path / "other") == ()


@pytest.mark.parametrize(
    ("variable", "value", "fact"),
    [
        ("OPENBLAS_NUM_THREADS", "2", "blas_threads"),
        ("OPENBLAS_CORETYPE", "Prescott", "blas_kernel"),
    ],
)
def test_what_may_change_the_bits_is_written_down(
    variable: str, value: str, fact: str, folder: Path, tmp_path: Path
) -> None:
    train(tmp_path / "run", {variable: value})
    before, after = runs.read_environment(folder), runs.read_environment(tmp_path / "run")
    assert before[fact] != after[fact]
    assert {name for name in before if before[name] != after[name]} == {fact}


def test_going_on_in_another_environment_is_written_down(tmp_path: Path) -> None:
    half(tmp_path / "run")
    started = json.loads((tmp_path / "run" / "environment.json").read_text())
    train(tmp_path / "run", {"OPENBLAS_NUM_THREADS": "2"})
    found = runs.read_environment(tmp_path / "run")
    sessions = found.pop("resumed")
    assert found == started
    assert sessions == [{"blas_threads": 2}]


# --- scripts/runs.py verify -----------------------------------------------------------------------

SPIRAL = ("--epochs", "2", "--samples-per-arm", "20", "--hidden", "6", "--warm-up", "1")


@pytest.fixture(scope="module")
def spiral(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spiral") / "run"
    ended = run_script("spiral.py", *SPIRAL, "--folder", folder)
    assert ended.status == 0, ended.errors
    return folder


def test_verify_runs_it_again_and_finds_the_same(spiral: Path) -> None:
    before = {path.name: path.read_bytes() for path in spiral.iterdir()}
    ended = run_script("runs.py", "verify", spiral)
    assert ended.errors == ""
    assert ended.output == f"The digest is the same: {summary(spiral).digest}\n"
    assert ended.status == 0
    assert {path.name: path.read_bytes() for path in spiral.iterdir()} == before


def test_verify_tells_another_digest(
    spiral: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    shutil.copytree(spiral, tmp_path / "run")
    path = tmp_path / "run" / "summary.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "digest": "0" * 64}))
    assert compare.main(["verify", str(tmp_path / "run")]) == 1
    assert capsys.readouterr().out.startswith(
        f"The digest is another:\n  {'0' * 64} there\n  {told['digest']} here\nThe environment does"
    )


def test_verdicts_say_whether_the_environment_explains_it() -> None:
    same = Verdict("a", "a", ())
    assert str(same) == "The digest is the same: a"
    changes = ("blas_threads: 1 there, 2 here",)
    assert str(attrs.evolve(same, changes=changes)) == (
        "The digest is the same: a\nThe environment is another:\n  blas_threads: 1 there, 2 here"
    )
    assert str(Verdict("a", "b", changes)) == (
        "The digest is another:\n  a there\n  b here\n"
        "The environment is another, which may explain it:\n  blas_threads: 1 there, 2 here"
    )
    assert str(Verdict("a", "b", ())) == (
        "The digest is another:\n  a there\n  b here\n"
        "The environment does not explain it, for it is the same. Look at what the configuration "
        "leaves out, such as the data."
    )
