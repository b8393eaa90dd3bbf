"""The README's Python blocks run, one after the other, as a reader would type them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sample import sample

import purenn.datasets

README = Path(__file__).parent.parent / "README.md"


def _blocks() -> list[str]:
    text = README.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```python\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def test_every_block_runs_and_the_run_of_ones_own_learns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The committed sample of 2,000 images stands for the whole of Fashion-MNIST.
    monkeypatch.setattr(purenn.datasets, "fashion_mnist", sample)
    names: dict[str, object] = {}
    for block in _blocks():
        exec(block, names)  # noqa: S102 - running them is what this test is for
    accuracies = re.findall(r"test accuracy ([\d.]+)%", capsys.readouterr().out)
    assert len(accuracies) == 5
    assert float(accuracies[-1]) > 65.0


def test_the_run_of_ones_own_is_about_fifteen_lines() -> None:
    assert _blocks()[0].count("\n") <= 18
