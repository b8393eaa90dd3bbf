"""Wrong calls and their errors: each line of `refusals.txt` has one, `call -> error`."""

from __future__ import annotations

import math
import pickle

import attrs
import numpy as np
from refusals import PURENN, check_refusal, refusals
from states import Point
from test_safetensors import F64, LATER, f64, file
from test_saving import forged

import purenn as nn
from command_line import from_json
from purenn import checks, layers, losses, matching, safetensors, vectors
from purenn.arrays import FLOAT32, Labels, Matrix
from purenn.errors import OptionError
from purenn.estimators._columns import fit_columns
from purenn.saving import decode, encode
from purenn.testing import check_layer, check_loss
from spiral import SpiralSettings
from tables._dynamic import made
from trainer.images import ImageSettings

X: Matrix = np.ones((2, 3), np.float32)
LABELS: Labels = np.array([0, 1])
KEY = nn.Key(0)
MODEL = nn.linear(4) >> nn.relu() >> nn.linear(2)
P, COLUMN = np.full((2, 4), 0.25, np.float32), np.full((2, 1), 0.5, np.float32)
IMAGES, WIDE = np.ones((2, 28, 28, 1), np.float32), X.astype(np.float64)
PARAMS, OTHER = MODEL.init(KEY, X), (nn.linear(9) >> nn.relu() >> nn.linear(2)).init(KEY, X)
NORM, TABLE = nn.batch_norm().init(KEY, X), layers.embedding(2, 3).init(KEY, LABELS)
FILTER = layers.conv(2, 3).init(KEY, IMAGES)
EMPTY, PAIR = nn.Empty(), layers.Both(nn.Empty(), nn.Empty())
SAVED = decode(encode((WIDE, 7)), "file")

# What the calls may refer to: purenn's modules, all layers and losses, these, and the values above.
MODULES = attrs, checks, matching, math, pickle, safetensors, vectors
CLASSES = ImageSettings, OptionError, Point, SpiralSettings
OTHERS = fit_columns, check_layer, check_loss, from_json, made, FLOAT32, CLASSES, MODULES
FORGERIES = f64, file, forged, F64, LATER
NAMES: dict[str, object] = {**PURENN, **vars(layers), **vars(losses), **globals()}


@refusals("refusals.txt")
def test_wrong_calls_get_these_errors(line: str) -> None:
    check_refusal(line, NAMES)
