"""Runs: training that survives anything, in a folder that says everything.

A run is a folder. It is begun by `start` or taken up again by `resume`, and ends with the same
bits however often it was killed in between:

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> import purenn as nn
>>> from purenn import runs
>>> from purenn.saving import load
>>> model, optimizer = nn.linear(1), nn.sgd(0.1)
>>> x = nn.Key(0).generator().normal(size=(64, 2)).astype(np.float32)
>>> data = nn.dataset(x, x.sum(axis=1, keepdims=True))
>>> state = optimizer.init(model.init(nn.Key(1), data.example))
>>> place = tempfile.TemporaryDirectory()
>>> config = runs.Config("line.py", {"epochs": 5})
>>> with runs.start(Path(place.name) / "run", config) as run:
...     progress = runs.begin(run, state, repr(model), nn.Key(2))
...     step = nn.training_step(model, nn.mean_squared_error(), optimizer)
...     for progress in runs.train(
...         run,
...         progress,
...         step,
...         batches_of=lambda key, epoch: nn.shuffled_batches(data, 16, key, epoch),
...         epochs=5,
...         measure=lambda end: {"loss": end.mean_loss},
...         best=runs.best("loss"),
...     ):
...         pass
...     summary = runs.finish(run, progress, {})
>>> summary.epochs, progress.records[-1]["loss"] < progress.records[0]["loss"]
(5, True)
>>> sorted(path.name for path in run.folder.glob("[a-z]*"))  # doctest: +NORMALIZE_WHITESPACE
['best.safetensors', 'checkpoint.safetensors', 'config.json', 'environment.json',
 'metrics.jsonl', 'summary.json', 'times.jsonl']
>>> runs.digest(load(run.best)) == summary.digest
True
>>> place.cleanup()
"""

from __future__ import annotations

from purenn.errors import InterruptionError, RunError
from purenn.jsons import Json
from purenn.runs.cadence import Cadence
from purenn.runs.comparing import differences
from purenn.runs.config import Config, flat, read_config
from purenn.runs.environment import (
    Environment,
    environment,
    environment_differences,
    read_environment,
)
from purenn.runs.folder import Run, resume, start
from purenn.runs.progress import Progress, begin, finish, save
from purenn.runs.records import Record, read_records
from purenn.runs.stopping import best, best_epoch, patience
from purenn.runs.summary import Summary, read_summary
from purenn.runs.training import train
from purenn.saving import digest

__all__ = [
    "Cadence",
    "Config",
    "Environment",
    "InterruptionError",
    "Json",
    "Progress",
    "Record",
    "Run",
    "RunError",
    "Summary",
    "begin",
    "best",
    "best_epoch",
    "differences",
    "digest",
    "environment",
    "environment_differences",
    "finish",
    "flat",
    "patience",
    "read_config",
    "read_environment",
    "read_records",
    "read_summary",
    "resume",
    "save",
    "start",
    "train",
]
