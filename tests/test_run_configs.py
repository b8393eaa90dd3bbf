"""Configurations: what goes in comes back, and no two that differ are taken for the same."""

from __future__ import annotations

import re
import time
from enum import Enum, IntEnum
from pathlib import Path

import attrs
import numpy as np
import pytest

from purenn import runs
from purenn.errors import FormatError, RunError
from purenn.runs.config import changes


class Choice(Enum):
    ONE = "one"


class Level(IntEnum):
    HIGH = 2


GIVEN: dict[str, object] = {
    "rate": np.float32(0.5),
    "sizes": (512, np.int64(256)),
    "choice": Choice.ONE,
    "level": Level.HIGH,
    "model": {"hidden": np.arange(2), "name": np.str_("net"), "empty": {}, "none": None},
    "ünïcode": "\ud800",
    "with.dot": -0.0,
    "large": 2**100,
}
PLAIN = {
    **GIVEN,
    "sizes": [512, 256],
    "choice": "one",
    "model": {"hidden": [0, 1], "name": "net", "empty": {}, "none": None},
}


def test_settings_are_kept_as_they_are_read_on_lines_that_read_well(tmp_path: Path) -> None:
    config = runs.Config("x.py", GIVEN)
    assert config.settings == PLAIN
    with runs.start(tmp_path, config) as run:
        assert run.config == config
    assert (tmp_path / "config.json").read_text().startswith('{\n  "script": "x.py",\n  "settings')
    assert runs.read_config(tmp_path / "config.json") == config
    with runs.resume(tmp_path, runs.Config("x.py", GIVEN)):
        pass


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"epochs": 2}, {"epochs": 3}, ["epochs: 2 there, 3 here"]),
        ({"seed": 0}, {}, ["seed: 0 there, nothing here"]),
        ({}, {"model": {"hidden": [8]}}, ["model.hidden: nothing there, [8] here"]),
        ({"the script": 1}, {}, ["'the script': 1 there, nothing here"]),
        ({"a": {"b.c": 1, "d": 2}}, {"a": {"d": 2}}, ["a.'b.c': 1 there, nothing here"]),
        ({"a": {"b": {"d": 2}}}, {"a": {"b": {"c": 1, "d": 2}}}, ["a.b.c: nothing there, 1 here"]),
        ({"a": {"c'": True}}, {"a": {"c'": 1}}, ['a."c\'": true there, 1 here']),
        ({"a": {}}, {"b": {}}, ["a: {} there, nothing here", "b: nothing there, {} here"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"flag": True}, {"flag": False}, ["flag: true there, false here"]),
    ],
)
def test_changes(before: dict[str, object], after: dict[str, object], lines: list[str]) -> None:
    script = 'the script: "a.py" there, "b.py" here'
    one, other = runs.Config("a.py", before), runs.Config("a.py", after)
    assert changes(one, other) == tuple(lines)
    assert changes(one, runs.Config("b.py", after)) == (script, *lines)
    names = [line.partition(": ")[0] for line in lines]
    assert changes(one, other, names) == ()
    shrunk = ("epochs: 3 there, 2 here",) if "epochs" in names else ()
    assert changes(other, one, names) == shrunk


SHAPE = 'expected {"script": ..., "settings": {...}} and nothing else.'


@pytest.mark.parametrize(
    ("content", "error", "problem"),
    [
        ("[]", RunError, SHAPE),
        ('{"script": "x", "settings": {}, "more": 1}', RunError, SHAPE),
        ("epochs = 3", FormatError, "expected JSON: Expecting value: line 1 column 1"),
        ('{"a": ' * 10**5, FormatError, "expected JSON: "),
        ("9" * 400, FormatError, f"expected JSON: the number {'9' * 20} is beyond all floats."),
    ],
)
def test_files_that_hold_none(
    content: str, error: type[Exception], problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(error, match=re.escape(f"{path}: {problem}")):
        runs.read_config(path)
    with pytest.raises(error), runs.resume(tmp_path):
        pass
    assert [found.name for found in tmp_path.iterdir()] == ["config.json"]


def test_a_large_file_that_repeats_a_name_is_refused_at_once(tmp_path: Path) -> None:
    names = ", ".join(f'"{number}": 0' for number in range(75_000))
    (tmp_path / "config.json").write_text(f'{{{names}, "7": 0}}')
    began = time.process_time()
    with pytest.raises(FormatError, match="expected JSON: the name '7' appears twice"):
        runs.read_config(tmp_path / "config.json")
    assert time.process_time() - began < 2.0


def test_annotations_can_be_looked_up() -> None:
    attrs.resolve_types(runs.Config)
    attrs.resolve_types(runs.Summary)
