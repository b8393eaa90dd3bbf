"""The server of `survivor.py` as a value: jobs go in, and how they ended comes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
from faults import NO_FAULT, Fault

PROGRAM = Path(__file__).with_name("survivor.py")
SINGLE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@attrs.frozen
class End:
    """How a process ended: minus the signal's number if by one, and what it said."""

    status: int
    error: str
    operations: int


class Process:
    """A child of the server. It waits for `begin`."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server
        self.pid = self._heard("pid")
        self._said: dict[str, object] = {}

    def _next(self) -> dict[str, object]:
        assert self._server.stdout is not None
        facts: dict[str, object] = json.loads(self._server.stdout.readline())
        return facts

    def _heard(self, name: str) -> int:
        found = self._next()[name]
        assert isinstance(found, int)
        return found

    def begin(self) -> None:
        """Let it run."""
        tell(self._server, "")

    def steps(self) -> bool:
        """Wait until it made a step, after which it pauses; whether it did before its end."""
        while "ended" not in self._said:
            facts = self._next()
            if "step" in facts:
                return True
            self._said |= facts
        return False

    def kill(self, number: int) -> None:
        """Send it a signal. Until `end` it can take one, even if it is over."""
        os.kill(self.pid, number)

    def is_running(self) -> bool:
        """Whether it is no zombie yet."""
        status = Path(f"/proc/{self.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] != "Z"

    def end(self) -> End:
        """Wait for its end."""
        while self.steps():
            continue
        tell(self._server, "")
        error, operations = self._said.get("error", ""), self._said.get("operations", 0)
        assert isinstance(error, str)
        assert isinstance(operations, int)
        return End(self._heard("status"), error, operations)


def tell(server: subprocess.Popen[str], text: str) -> None:
    """Send the server a line."""
    assert server.stdin is not None
    server.stdin.write(f"{text}\n")
    server.stdin.flush()


class Server:
    """Forks processes, one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(
        self, folder: Path, pause: float = 0.0, fault: Fault = NO_FAULT, epochs: int = 3
    ) -> Process:
        """A process that trains in a folder, from `begin` on."""
        facts = {"folder": str(folder), "pause": pause, "epochs": epochs}
        tell(self._process, json.dumps({**facts, "fault": attrs.asdict(fault)}))
        return Process(self._process)

    def run(self, folder: Path, fault: Fault = NO_FAULT, epochs: int = 3) -> End:
        """A process that trains in a folder, to its end."""
        process = self.start(folder, fault=fault, epochs=epochs)
        process.begin()
        return process.end()


@contextmanager
def serving() -> Iterator[Server]:
    """A server, which ends afterwards."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=SINGLE_THREAD,
    ) as process:
        yield Server(process)
