"""What else decides the bits of a run: versions, the BLAS library and the processor."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from pathlib import Path

import numpy as np

import purenn
from purenn.jsons import Json

CPU_INFO = Path("/proc/cpuinfo")

# Names of facts, with None for what cannot be found out.
Environment = dict[str, Json]


def environment() -> Environment:
    """The environment of this process as it is now.

    - `purenn`, and `commit` if it runs from a checkout, with `-dirty` if files were changed
    - `python`, `numpy`, `libc`: versions
    - `blas`, `blas_kernel`, `blas_threads`: the library of matrix products, what it chose for this
      processor, and how many threads it uses
    - `cpu`, and `simd`: the instruction sets that NumPy uses here
    - `os`

    A run that was resumed in another environment has `resumed` in its environment.json: what was
    different, for each time it was.
    """
    return {
        "purenn": purenn.__version__,
        "commit": commit(Path(purenn.__file__).parent),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "numpy": np.__version__,
        **_blas(),
        "cpu": _cpu(),
        "simd": _simd(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


@cache
def commit(folder: Path) -> str | None:
    """The commit of the checkout whose package lies in this folder, or None if there is none.

    It is found out once: what a process imported does not change with the files.
    """
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None  # some other project's repository, or none
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()


def _blas() -> Environment:
    library = np.show_config("dicts")["Build Dependencies"]["blas"]
    found: Environment = {"blas": f"{library['name']} {library['version']}"}
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
        return {**found, "blas_kernel": None, "blas_threads": threads}
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    own = [pool for pool in pools if pool["filepath"].startswith(str(Path(np.__file__).parent))]
    for pool in own or pools:
        kernel = pool.get("architecture")
        return {**found, "blas_kernel": kernel, "blas_threads": pool["num_threads"]}
    return {**found, "blas_kernel": None, "blas_threads": None}


@cache
def _cpu() -> str | None:
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or None


def _simd() -> Json:
    extensions = np.show_config("dicts").get("SIMD Extensions", {})
    return [*extensions.get("baseline", []), *extensions.get("found", [])]


def noted(known: Environment, now: Environment) -> Environment:
    """The environment of a run that goes on in another one: with what changed, under "resumed"."""
    sessions = known.get("resumed")
    earlier = sessions if isinstance(sessions, list) else []
    last = {**known}
    for session in earlier:
        last |= session if isinstance(session, dict) else {}
    changes = {name: value for name, value in now.items() if last.get(name) != value}
    return {**known, "resumed": [*earlier, changes]} if changes else known


def differences(before: Environment, after: Environment) -> tuple[str, ...]:
    """One sentence for every fact in which two environments differ."""
    return tuple(
        f"{name}: {before.get(name)!r} there, {after.get(name)!r} here"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )
