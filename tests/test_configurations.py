"""Configurations that do not fit are refused, by wording, and before any work is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import article
import image_parts
import spiral
from command_line import to_json
from purenn import OptionError, RunError, runs


def changed(**settings: runs.Json) -> dict[str, runs.Json]:
    return {**to_json(spiral.Settings()), **settings}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (changed(colour="red"), r"extra fields found \(colour\)"),
        (changed(epochs="20"), r"expected int and got '20' @ settings.epochs"),
        (changed(epochs=2.5), r"expected int and got 2.5 @ settings.epochs"),
        (changed(epochs=True), r"expected int and got True @ settings.epochs"),
        (changed(learning_rate="fast"), r"expected float and got 'fast' @ settings.learning_rate"),
        (changed(hidden=[8, "x"]), r"expected int and got 'x' @ settings.hidden"),
        (changed(clip="hard"), r"hard.* @ settings.clip"),
        (changed(epochs=0), r"--epochs must be a whole number of at least 1 and is 0"),
        ({"epochs": 3}, r"--warm-up must be from 0 to the 3 epochs and is 5.0. @ settings"),
    ],
    ids=[
        *("unknown", "text", "fraction", "truth", "word", "one of many", "choice", "zero"),
        "default",
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    settings: dict[str, runs.Json], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"script": "spiral.py", "settings": settings}))
    with pytest.raises(OptionError, match=rf"(?s)config.json does not fit:.*{message}"):
        spiral.main(["--config", str(path), "--folder", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


def test_a_configuration_of_another_script_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    settings = to_json(image_parts.Settings())
    path.write_text(json.dumps({"script": "fashion_mnist.py", "settings": settings}))
    with pytest.raises(OptionError, match=r"a configuration of fashion_mnist\.py, not of spiral"):
        spiral.main(["--config", str(path)])
    with pytest.raises(OptionError, match="describes none of the article's runs"):
        article.main(["--config", str(path), "--folder", str(tmp_path / "run")])


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere\.json"):
        spiral.main(["--config", str(tmp_path / "nowhere.json")])
