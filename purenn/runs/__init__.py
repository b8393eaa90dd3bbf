"""Runs: training that survives anything, in a folder that says everything.

A run is a folder. `start` makes one and `resume` reopens it; `begin` says where it stands, `train`
goes on from there, and `finish` sums it up. It ends with the same bytes however often it was killed
in between:

- config.json, environment.json: what decides its bits
- metrics.jsonl: a record for each epoch, and times.jsonl: all that a clock says
- checkpoint.safetensors, best.safetensors: the whole state, and the best parameters, for `load`
- summary.json: final metrics, the digest of the parameters and seconds
"""

from __future__ import annotations

import importlib.util

if not all(map(importlib.util.find_spec, ("filelock", "threadpoolctl"))):
    raise ModuleNotFoundError(
        "purenn.runs needs filelock and threadpoolctl: in a clone of purenn, pip install '.[runs]'."
    )

from purenn.errors import InterruptionError as InterruptionError
from purenn.errors import RunError as RunError
from purenn.jsons import Json as Json
from purenn.runs.cadence import Cadence as Cadence
from purenn.runs.config import Config as Config
from purenn.runs.config import flat as flat
from purenn.runs.config import read_config as read_config
from purenn.runs.environment import Environment as Environment
from purenn.runs.environment import environment as environment
from purenn.runs.environment import environment_differences as environment_differences
from purenn.runs.environment import read_environment as read_environment
from purenn.runs.folder import Run as Run
from purenn.runs.folder import differences as differences
from purenn.runs.folder import resume as resume
from purenn.runs.folder import start as start
from purenn.runs.progress import Progress as Progress
from purenn.runs.progress import Summary as Summary
from purenn.runs.progress import begin as begin
from purenn.runs.progress import finish as finish
from purenn.runs.progress import read_summary as read_summary
from purenn.runs.progress import save as save
from purenn.runs.records import Record as Record
from purenn.runs.records import best as best
from purenn.runs.records import best_epoch as best_epoch
from purenn.runs.records import patience as patience
from purenn.runs.records import read_records as read_records
from purenn.runs.training import train as train
from purenn.saving import digest as digest
