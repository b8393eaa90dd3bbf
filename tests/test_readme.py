"""The Python blocks of the README, and of each file in docs, run one after the other."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from sample import sample

import purenn.datasets

ROOT = Path(__file__).parent.parent
DOCS = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*.md"))]


def blocks(file: str = "README.md") -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.findall(r"^ *```python\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)
    return [dedent(code) for code in found]


def run(file: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    module = ModuleType(Path(file).stem)  # what a reader defines is pickled by its place in one
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(purenn.datasets, "fashion_mnist", sample)
    monkeypatch.chdir(folder)
    for block in blocks(file):
        exec(block, module.__dict__)  # noqa: S102 - running them is what this test is for


@pytest.mark.slow
def test_every_block_runs_and_the_run_of_ones_own_learns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run("README.md", monkeypatch, tmp_path)
    accuracies = re.findall(r"test accuracy ([\d.]+)%", capsys.readouterr().out)
    assert (len(accuracies), blocks()[0].count("\n") <= 18) == (5, True)  # about fifteen lines
    assert float(accuracies[-1]) > 65.0


@pytest.mark.slow
@pytest.mark.parametrize("file", DOCS)
def test_every_block_of_the_docs_runs(
    file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(file, monkeypatch, tmp_path)
