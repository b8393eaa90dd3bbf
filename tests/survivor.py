"""A small training run as a process that is there to be killed, and a server that forks such.

    python tests/survivor.py run FOLDER          trains in FOLDER, or goes on there
    python tests/survivor.py serve               reads jobs, a line of JSON each, and forks

Importing NumPy takes longer than the whole run. The server does it once; each of its children is
a process of its own that a signal ends like any other.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import pytest
from faults import NO_FAULT, Fault, Watch

import purenn as nn
from purenn import runs
from purenn.arrays import Matrix
from purenn.layers import BatchNorm
from purenn.optimizers import Norm, Velocity
from purenn.schedules import cosine

EPOCHS, BATCHES, BATCH_SIZE = 3, 4, 8

MODEL = nn.linear(8) >> nn.batch_norm() >> nn.tanh() >> nn.linear(1)
OPTIMIZER = nn.descend(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9), cosine(0.1, steps=12))
Params = tuple[nn.Linear, BatchNorm, nn.Empty, nn.Linear]
Progress = runs.Progress[Params, tuple[Norm, Velocity]]
CONFIG = runs.Config("survivor.py", {"epochs": EPOCHS, "seed": 0})
CADENCE = runs.Cadence(seconds=3600.0, steps=3)


@attrs.frozen
class Job:
    """What a child of the server does.

    Args:
        folder: where it trains.
        pause: how long it sleeps after each step, in seconds, once it said so.
        fault: the operation on files that goes wrong, and how; none if its number is 0.
        epochs: how many there are in all.
    """

    folder: str
    pause: float = 0.0
    fault: Fault = NO_FAULT
    epochs: int = EPOCHS


def measure(end: Progress) -> dict[str, float]:
    """The record of an epoch. The second is the best."""
    return {"loss": end.mean_loss, "norm": end.norm, "distance": abs(end.epoch - 1)}


def stages(run: runs.Run, epochs: int = EPOCHS) -> Iterator[Progress]:
    """Where the run stands: first as it is found, and then after each step."""
    x: Matrix = nn.Key(1).generator().normal(size=(BATCHES * BATCH_SIZE - 3, 2)).astype(np.float32)
    data = nn.dataset(x, x[:, :1] * x[:, 1:])
    state = OPTIMIZER.init(MODEL.init(nn.Key(2), data.example))
    start = runs.begin(run, state, repr(MODEL), nn.Key(3))
    yield start
    yield from runs.train(
        run,
        start,
        nn.training_step(MODEL, nn.mean_squared_error(), OPTIMIZER),
        lambda key, epoch: nn.shuffled_batches(data, BATCH_SIZE, key, epoch),
        epochs,
        measure,
        best=runs.best("distance"),
        cadence=CADENCE,
    )


def train(folder: Path, pause: float = 0.0, epochs: int = EPOCHS) -> runs.Summary:
    """The run, to its end, from wherever it stands."""
    config = runs.Config("survivor.py", {"epochs": epochs, "seed": 0})
    with runs.resume(folder, config, may_change=("epochs",)) as run:
        steps = stages(run, epochs)
        progress = next(steps)
        for moment in steps:
            progress = moment
            if pause:
                say({"step": progress.state.step})
                time.sleep(pause)
        return runs.finish(run, progress, {"answer": 42})


def work(job: Job) -> int:
    """Do a job; the exit status says how that went."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this ignores it
    runs.environment()  # found out once, before operations count, and by the server for all
    watch = Watch(job.fault, Path(job.folder))
    watch.install(pytest.MonkeyPatch())
    try:
        train(Path(job.folder), job.pause, job.epochs)
    except runs.InterruptionError as error:
        say({"error": str(error)})
        return 128 + error.signal
    except nn.PurennError as error:
        say({"error": f"{type(error).__name__}: {error}"})
        return 1
    say({"operations": watch.count})
    return 0


def say(facts: dict[str, runs.Json]) -> None:
    """Tell whoever started this."""
    os.write(1, json.dumps(facts).encode() + b"\n")


def serve() -> None:
    """Fork a child for each job, and say its number and then its end."""
    runs.environment()
    while line := sys.stdin.readline():
        facts = json.loads(line)
        gate, opener = os.pipe()
        child = os.fork()
        if not child:
            os.close(opener)
            os.read(gate, 1)  # until the server was told to begin
            status = 70
            try:
                status = work(Job(**{**facts, "fault": Fault(**facts["fault"])}))
            finally:
                os._exit(status)
        say({"pid": child})
        sys.stdin.readline()
        os.close(gate)
        os.close(opener)
        # It stays a zombie until its end was said, so that its number is nobody else's.
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        say({"ended": child})
        sys.stdin.readline()
        say({"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])})


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        sys.exit(work(Job(sys.argv[2])))
