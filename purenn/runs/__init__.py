"""Runs: training that survives anything, in a folder that says everything.

A run is a folder. `start` makes one and `resume` reopens it; `begin` says where it stands, `train`
continues from there, and `finish` sums it up. It ends with the same bytes however often it was
killed in between:

- config.json, environment.json: what decides its bits
- metrics.jsonl: a record for each epoch, and times.jsonl: all times
- checkpoint.safetensors, best.safetensors: a `Progress`, and the best parameters, for `load`
- summary.json: final metrics, the digest of the parameters and seconds
"""

import importlib.util

if not all(map(importlib.util.find_spec, ("filelock", "threadpoolctl"))):
    raise ModuleNotFoundError(
        "purenn.runs needs filelock and threadpoolctl: in a clone of purenn, pip install '.[runs]'."
    )

from purenn.errors import InterruptionError, RunError
from purenn.jsons import Json
from purenn.runs.cadence import Cadence
from purenn.runs.config import Config, flat, read_config
from purenn.runs.environment import (
    Environment,
    environment,
    environment_differences,
    read_environment,
)
from purenn.runs.folder import Run, differences, resume, start
from purenn.runs.progress import Progress, Summary, begin, finish, read_summary, save
from purenn.runs.records import Record, best, best_epoch, patience, read_records
from purenn.runs.training import train
from purenn.saving import digest

__all__ = ["Cadence", "Config", "Environment", "InterruptionError", "Json", "Progress", "Record"]
__all__ += ["Run", "RunError", "Summary", "begin", "best", "best_epoch", "differences", "digest"]
__all__ += ["environment", "environment_differences", "finish", "flat", "patience", "read_config"]
__all__ += ["read_environment", "read_records", "read_summary", "resume", "save", "start", "train"]
