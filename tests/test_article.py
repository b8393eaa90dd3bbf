"""The article's runs: golden traces of the spirals, and run 3 against a replica in plain NumPy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import pytest
from article_replica import first_epoch
from commands import Ended, run
from sample import sample
from threadpoolctl import threadpool_limits

import article_runs as article
from article_data import article_split
from purenn import fold, runs, training_step

PNG = b"\x89PNG\r\n\x1a\n"
FILES = {"config.json", "environment.json", "metrics.jsonl", "times.jsonl", "summary.json"}
PICTURES = {"loss.png", "boundary.png"}

EXPLODING = "0.7288 1.4533 4.2994 0.7953 2.7994 3.4502 1.5146 5.0268 0.8145 0.8004"
CLIPPED = "0.6892 0.6578 0.6596 0.6820 0.6494 0.6412 0.6399 0.6491 0.6296 0.6296"
CLIPPED_END = "0.0005 0.0005 0.0005 0.0005 0.0005 0.0004 0.0004 0.0004 0.0004 0.0004 0.0004 0.0004"


@attrs.frozen
class Performed:
    """The article where Fashion-MNIST cannot be had."""

    folder: Path
    ended: Ended

    def losses(self, name: str) -> list[float]:
        return [record["loss"] for record in runs.read_records(self.folder / name)]


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory) -> Performed:
    folder = tmp_path_factory.mktemp("article")
    nowhere = str(folder / "nowhere")
    return Performed(folder, run("article.py", "--folder", folder, PURENN_DATA=nowhere))


def printed(losses: list[float]) -> str:
    return " ".join(f"{loss:.4f}" for loss in losses)


def test_run_1_explodes_as_printed(performed: Performed) -> None:
    losses = performed.losses("exploding")
    assert len(losses) == 500
    assert printed(losses[:10]) == EXPLODING


def test_run_1_sticks(performed: Performed) -> None:
    losses = performed.losses("exploding")
    assert len(set(losses[-100:])) == 1
    assert losses[-1] > 2.0
    last = runs.read_records(performed.folder / "exploding")[-1]
    assert last["accuracy"] < 0.75


def test_run_2_solves_the_spirals_as_printed(performed: Performed) -> None:
    losses = performed.losses("clipped")
    assert len(losses) == 200
    assert printed(losses[:10]) == CLIPPED
    assert printed(losses[188:]) == CLIPPED_END
    assert runs.read_records(performed.folder / "clipped")[-1]["accuracy"] == 1.0


def test_run_2_clips_a_large_gradient(performed: Performed) -> None:
    first = runs.read_records(performed.folder / "clipped")[0]
    assert 210.0 < first["gradient_norm"] < 220.0


def test_tables_show_the_printed_numbers_beside_ours(performed: Performed) -> None:
    rows = re.findall(
        r"│ (epoch.*?) +│ +([\d.]+) │ +([\d.]+) │ (.*?) +│ +(\w+) +│", performed.ended.output
    )
    assert ("epoch 0", "0.7288", "0.7288", "same digits", "yes") in rows
    assert ("epoch 199", "0.0004", "0.0004", "same digits", "yes") in rows
    assert {row[-1] for row in rows} == {"yes"}
    assert len(rows) == 11 + 22
    assert "│ training accuracy │    100.00 % │ 100.00 % │" in performed.ended.output


def test_without_data_the_spirals_are_kept_and_the_command_fails(performed: Performed) -> None:
    assert performed.ended.status == 1
    assert f"The results of the spirals are kept in {performed.folder}." in performed.ended.output
    assert re.search(
        r"error: PURENN_DATA='.*nowhere' is no directory\. It must hold "
        r"train-images-idx3-ubyte\.gz, .* \(gzipped, or without the \.gz\)\.",
        performed.ended.errors,
    )
    summary = (performed.folder / "summary.json").read_text()
    assert '"agrees": false' in summary
    assert not (performed.folder / "fashion-mnist").exists()


@pytest.mark.parametrize("name", ["exploding", "clipped"])
def test_each_run_has_a_folder_with_all_files(performed: Performed, name: str) -> None:
    folder = performed.folder / name
    assert {path.name for path in folder.iterdir()} >= FILES | PICTURES
    for picture in PICTURES:
        assert (folder / picture).read_bytes().startswith(PNG)
    summary = runs.read_summary(folder)
    assert summary is not None
    assert re.fullmatch("[0-9a-f]{64}", summary.digest)
    assert summary.digest in (performed.folder / "summary.json").read_text()


def test_both_spirals_stand_side_by_side(performed: Performed) -> None:
    assert (performed.folder / "spirals.png").read_bytes().startswith(PNG)


def test_a_second_invocation_replaces_the_first_by_the_same_bytes(performed: Performed) -> None:
    clipped = performed.folder / "clipped"
    again = performed.folder / "again"
    for _ in range(2):
        config = clipped / "config.json"
        ended = run("article.py", "--config", config, "--folder", again)
        assert ended.status == 0, ended.errors
        assert "All numbers agree with the article." in ended.output
        assert runs.differences(clipped, again) == ()
    for picture in PICTURES:
        assert (again / picture).read_bytes() == (clipped / picture).read_bytes()


@pytest.mark.usefixtures("one_thread")
def test_run_3_opens_as_the_published_formulas_do() -> None:
    start = article.opening()
    split = article_split(sample())
    (batches,) = article.fashion_epochs(split.train, start.stream, 1)
    optimizer = article.clipped_optimizer(article.FASHION_RATE)
    step = training_step(article.fashion_net(), article.fashion_loss(), optimizer)
    _, losses = fold(step, optimizer.init(start.fashion), batches)
    expected = list(first_epoch(sample()))
    assert len(expected) == 16
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert 2.2 < losses[0] < 3.0
    assert losses[-1] < 1.5


def test_the_average_loss_counts_full_batches_only() -> None:
    assert article.average_loss(437.0, 56_000) == 1.0
    assert (
        len(article.fashion_epochs(article_split(sample()).train, article.opening().stream, 1)[0])
        == 16
    )


@pytest.fixture
def one_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield
