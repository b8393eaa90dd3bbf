"""Wrong calls and their errors: each line of `refusals.txt` has one, `call -> error`."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

import purenn as nn
from purenn import errors, layers, losses
from purenn.arrays import Labels, Matrix

X: Matrix = np.ones((2, 3), np.float32)
LABELS: Labels = np.array([0, 1])
KEY = nn.Key(0)
MODEL = nn.linear(4) >> nn.relu() >> nn.linear(2)
P, COLUMN = np.full((2, 4), 0.25, np.float32), np.full((2, 1), 0.5, np.float32)
IMAGES = np.ones((2, 28, 28, 1), np.float32)
PARAMS, OTHER = MODEL.init(KEY, X), (nn.linear(9) >> nn.relu() >> nn.linear(2)).init(KEY, X)
NORM, TABLE = nn.batch_norm().init(KEY, X), layers.embedding(2, 3).init(KEY, LABELS)
FILTER = layers.conv(2, 3).init(KEY, IMAGES)
EMPTY, PAIR = nn.Empty(), layers.Both(nn.Empty(), nn.Empty())

# What the calls may refer to: purenn's modules, all layers and losses, and the values above.
OTHERS = {"attrs": attrs, "math": math, "pickle": pickle}
NAMES: dict[str, object] = {**vars(nn), **vars(layers), **vars(losses), **globals(), **OTHERS}
LINES = (Path(__file__).parent / "refusals.txt").read_text().splitlines()
CALLS = [line for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize("line", CALLS, ids=lambda line: line.split(" -> ")[0])
def test_wrong_calls_get_these_errors(line: str) -> None:
    call, expected = line.split(" -> ")
    run: Callable[[str, dict[str, object]], object] = eval
    with pytest.raises(errors.PurennError) as caught:
        run(call, NAMES)
    message = str(caught.value).replace("\n", "\\n")
    assert f"{type(caught.value).__name__}: {message}" == expected
