"""Runs: training that survives anything, in a folder that says everything.

A run is a folder. It is begun by `start` or taken up again by `resume`; `begin` says where it
stands, `train` goes on from there, and `finish` sums it up. It ends with the same bytes however
often it was killed in between:

- config.json, environment.json: what decides its bits
- metrics.jsonl: a record for each epoch, and times.jsonl: all that a clock says
- checkpoint.safetensors, best.safetensors: the whole state, and the best parameters, for `load`
- summary.json: what came of it

The README has an example.
"""

from __future__ import annotations

from purenn.errors import InterruptionError, RunError
from purenn.jsons import Json
from purenn.runs.config import Config, flat, read_config
from purenn.runs.environment import (
    Environment,
    environment,
    environment_differences,
    read_environment,
)
from purenn.runs.folder import Run, differences, resume, start
from purenn.runs.progress import Progress, Summary, begin, finish, read_summary, save
from purenn.runs.records import Record, read_records
from purenn.runs.stopping import best, best_epoch, patience
from purenn.runs.training import Cadence, train
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
