"""The script that goes through every float32, on a few of them."""

from __future__ import annotations

import re

import pytest

import check_functions
from purenn.errors import OptionError


def test_the_script_prints_the_errors(capsys: pytest.CaptureFixture[str]) -> None:
    check_functions.main(["exp", "sin", "--every", "10000019"])
    shown = r"exp: 0\.\d+ units at most, \d of 430 not the nearest\nsin: 0\.\d+ units .*\n"
    assert re.fullmatch(shown, capsys.readouterr().out)
    with pytest.raises(OptionError, match="--every: expected an integer ≥ 1, got 0"):
        check_functions.main(["exp", "--every", "0"])
    with pytest.raises(OptionError, match=r"expected at least one function of exp, .*, got none"):
        check_functions.main([])
