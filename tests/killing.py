"""Processes that run `survivor.py`, forked from one that has loaded NumPy, which takes longer."""

from __future__ import annotations

import os
from contextlib import suppress
from multiprocessing import forkserver, get_context
from pathlib import Path

import pytest
import survivor
from faults import NO_FAULT, Fault

PROGRAM = Path(__file__).with_name("survivor.py")
THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
SINGLE_THREAD = {**os.environ, **THREADS}

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["survivor"])


class Session:
    """A process that trains in a folder. Its status is minus the signal that ended it."""

    def __init__(
        self, folder: Path, fault: Fault = NO_FAULT, pause: float = 0.0, epochs: int = 3
    ) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**THREADS, "PYTHONPATH": str(PROGRAM.parent)}.items():
                patch.setenv(name, value)
            forkserver.ensure_running()
        self._heard, said = CONTEXT.Pipe(duplex=False)
        task = (said, folder, fault, pause, epochs)
        self.process = CONTEXT.Process(target=survivor.work, args=task)
        self.process.start()
        said.close()
        self.operations = 0
        self.error = ""

    def steps(self) -> bool:
        """Wait until it made a step, after which it pauses; whether it did before its end."""
        try:
            said: int | str = self._heard.recv()
        except (EOFError, OSError):  # it was killed
            return False
        if isinstance(said, str):
            self.error = said
        else:
            self.operations = said
        return said == 0

    def kill(self, number: int) -> None:
        """Send it a signal, if it is not over."""
        with suppress(ProcessLookupError):
            if self.process.is_alive() and self.process.pid:
                os.kill(self.process.pid, number)

    def end(self) -> int:
        """Wait for its end, and give its status."""
        while self.steps():
            continue
        self.process.join()
        self._heard.close()
        status = self.process.exitcode
        assert status is not None
        return status


def run(folder: Path, fault: Fault = NO_FAULT, epochs: int = 3) -> int:
    """Train in a folder, to the end of the process, and give its status."""
    return Session(folder, fault, epochs=epochs).end()
