"""The README's Python blocks run one after the other, and pass mypy as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from sample import sample

import purenn.datasets

ROOT = Path(__file__).parent.parent


def _blocks() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^ *```python\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)
    return [dedent(code) for code in found]


@pytest.mark.slow
def test_every_block_runs_and_the_run_of_ones_own_learns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # The committed sample of 2,000 images stands for the whole of Fashion-MNIST.
    monkeypatch.setattr(purenn.datasets, "fashion_mnist", sample)
    monkeypatch.chdir(tmp_path)
    module = ModuleType("readme")  # what a reader defines is pickled by its place in a module
    monkeypatch.setitem(sys.modules, "readme", module)
    for block in _blocks():
        exec(block, module.__dict__)  # noqa: S102 - running them is what this test is for
    accuracies = re.findall(r"test accuracy ([\d.]+)%", capsys.readouterr().out)
    assert len(accuracies) == 5
    assert float(accuracies[-1]) > 65.0


def test_mypy_accepts_what_the_readme_writes(tmp_path: Path) -> None:
    program = tmp_path / "readme.py"
    program.write_text("from __future__ import annotations\n\n" + "\n\n".join(_blocks()))
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "mypy.ini"), str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_run_of_ones_own_is_about_fifteen_lines() -> None:
    assert _blocks()[0].count("\n") <= 18
