"""The machine and the libraries, which figures mean nothing without."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import attrs
from threadpoolctl import threadpool_info

LIBRARIES = ("purenn", "numpy", "torch", "jax", "jaxlib", "optax", "scikit-learn")


@attrs.frozen
class Machine:
    """What a run was measured on.

    Args:
        processor: the name that the CPU gives itself.
        cores: how many of them this process may use.
        threads: how many each contender was given.
        system: the operating system.
        python: its version.
        blas: what NumPy multiplies matrices with, and the kernel that it chose.
        versions: of the libraries that are installed.
    """

    processor: str
    cores: int
    threads: int
    system: str
    python: str
    blas: str
    versions: dict[str, str]


def available_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine(threads: int) -> Machine:
    """This machine."""
    return Machine(
        _processor(),
        available_cores(),
        threads,
        f"{platform.system()} {platform.release()}",
        platform.python_version(),
        _blas(),
        {name: found for name in LIBRARIES if (found := _version(name))},
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _blas() -> str:
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return ", ".join(
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', 'unknown')})"
        for pool in pools
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
