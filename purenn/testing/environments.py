"""Whether other kernels, threads and instructions give the same bits."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import TypeVarTuple

import numpy as np

from purenn import checks
from purenn.arrays import P, X, Y
from purenn.keys import Key
from purenn.layers import Layer
from purenn.saving import encode
from purenn.testing.trials import ContractError, random_like, without_zeros

Ts = TypeVarTuple("Ts")

# For a process that reads what to call.
PROGRAM = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
print(pickle.load(sys.stdin.buffer)())
"""
# The functions of glibc without fused operations.
LIBRARY = "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"
# Kernels of OpenBLAS, numbers of threads, and which instructions they need, by NumPy's names.
KERNELS = (
    ("Prescott", "1", {"X86_V2", "SSE3"}),
    ("Haswell", "2", {"X86_V3", "AVX2"}),
    ("SkylakeX", "1", {"X86_V4", "AVX512_SKX"}),
)
UNABLE = "Another process could not compute it"
CURE = "What it needs has to be in a module that can be imported, not in a script or a function."


def check_portable(model: Layer[P, X, Y], example: X, key: Key | None = None) -> None:
    """Check that a layer gives the same bits whatever processor and library compute them.

    Initial parameters, outputs and cotangents are computed in separate processes, with other
    kernels and numbers of threads of OpenBLAS, and without the processor's newer instructions, in
    NumPy and in the C library. Leaves that are 0 at first are drawn at random, since they may hide
    all others. The layer must be picklable.

    Args:
        example: a batch of inputs; large enough that threads of BLAS would share the work.
        key: as in `check_layer`.

    Raises:
        ContractError: some bits depend on the environment; the message says on what.
    """
    checks.instance("The model of check_portable", model, Layer)
    given = Key(0) if key is None else key
    _check(repr(model), partial(_digest, _passed, model, example, given))


def check_portable_call(function: Callable[[*Ts], object], *arguments: *Ts) -> None:
    """Check that a call, such as that of a loss, gives the same bits, as `check_portable` does.

    The function and its arguments must be picklable, and its result a tree.
    """
    checks.function("The function of check_portable_call", function)
    _check(checks.described(function), partial(_digest, function, *arguments))


def _check(subject: str, work: Callable[[], str]) -> None:
    expected = work()
    # Paths first: what is pickled may have to be imported from them.
    try:
        sent = pickle.dumps(sys.path) + pickle.dumps(work)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise ContractError(f"{UNABLE}: {error}. {CURE}") from None
    for variables in environments():
        if _told(sent, variables) != expected:
            names = " ".join(f"{name}={value}" for name, value in variables.items())
            names = names or "nothing but another process: it depends on more than its arguments"
            raise ContractError(f"{subject} gives other bits with {names}.")


def environments() -> list[dict[str, str]]:
    """Variables that give BLAS and NumPy other instructions and threads; the first set is empty."""
    extensions = np.show_config("dicts").get("SIMD Extensions", {})
    newer: list[str] = extensions.get("found", [])
    present = {*extensions.get("baseline", []), *newer}
    kernels = [
        {"OPENBLAS_CORETYPE": name, "OPENBLAS_NUM_THREADS": threads}
        for name, threads, needed in KERNELS
        if needed & present
    ]
    older = {"NPY_DISABLE_CPU_FEATURES": " ".join(newer), "GLIBC_TUNABLES": LIBRARY}
    return [{}, *kernels, older]


def _digest(function: Callable[[*Ts], object], *arguments: *Ts) -> str:
    return hashlib.sha256(encode(function(*arguments))).hexdigest()  # of plain values, too


def _passed(model: Layer[P, X, Y], example: X, key: Key) -> tuple[object, ...]:
    """All that a layer gives."""
    first = model.init(key, example)
    params = without_zeros(first, key)
    y, pull = model.vjp(params, example, key)
    grads, dx = pull(random_like(y, key))
    return first, model.apply(params, example), y, grads, dx()


def _told(work: bytes, variables: dict[str, str]) -> str:
    command, environment = [sys.executable, "-c", PROGRAM], os.environ | variables
    done = subprocess.run(command, input=work, env=environment, capture_output=True, check=False)
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        why = told[-1] if told else f"it ended with status {done.returncode}"
        raise ContractError(f"{UNABLE}: {why}. {CURE}")
    return done.stdout.decode().splitlines()[-1]  # modules may print, too
