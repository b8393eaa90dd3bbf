"""What else decides the bits of a run: versions, the BLAS library and the processor."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

import purenn
from purenn import checks, files, jsons
from purenn.errors import RunError
from purenn.jsons import Json
from purenn.runs.config import differing
from purenn.training.steps import TrainingStep

ENVIRONMENT = "environment.json"
# By which a hook of git means its own repository.
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")

# Facts by name. What cannot be found out is left out.
Environment = dict[str, Json]


def environment() -> Environment:
    """The environment of this process as it is now.

    `commit` is that of the checkout, if purenn runs from one; `blas_kernel` is the kernel that the
    BLAS library chose for this processor, and `simd` are the instruction sets that NumPy uses.
    """
    build = np.show_config("dicts")
    library, simd = build["Build Dependencies"]["blas"], build.get("SIMD Extensions", {})
    found: Environment = {
        "purenn": purenn.__version__,
        "commit": commit(Path(purenn.__file__).parent),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "numpy": np.__version__,
        "blas": f"{library['name']} {library['version']}",
        **_threads(),
        "cpu": _cpu(),
        "simd": [*simd.get("baseline", []), *simd.get("found", [])],
        "libc": " ".join(platform.libc_ver()).strip(),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    return {name: fact for name, fact in found.items() if fact}


def arithmetic(step: object) -> Environment:
    """Whether the model and the loss of a step are portable, for a step of `training_step`."""
    if not isinstance(step, TrainingStep):
        return {}
    from purenn.portability import is_portable

    return {"arithmetic": "portable" if all(map(is_portable, (step.model, step.loss))) else "fast"}


@cache  # what a process imported does not change with the files
def commit(folder: Path) -> str:
    """The commit of the checkout whose package lies in this folder, or an empty string."""
    if not _git(folder, "ls-files", "--error-unmatch", "__init__.py"):
        return ""  # some other project's repository, or none
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    environ = {name: value for name, value in os.environ.items() if name not in OF_HOOKS}
    try:
        # In a session of its own: a Ctrl-C is meant for the run, which must not miss the answer.
        done = subprocess.run(
            command, capture_output=True, check=False, start_new_session=True, env=environ
        )
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.decode(errors="replace").strip()


def _threads() -> Environment:
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    own = [pool for pool in pools if pool["filepath"].startswith(str(Path(np.__file__).parent))]
    for pool in own or pools:
        return {"blas_kernel": pool.get("architecture", ""), "blas_threads": pool["num_threads"]}
    return {}


def _cpu() -> str:
    source = Path("/proc/cpuinfo")
    text = source.read_text("utf-8", "replace") if source.exists() else ""
    found = re.search(r"model name\s*: (.*)", text)
    return found[1] if found else platform.processor()


def environment_differences(before: Environment, after: Environment) -> tuple[str, ...]:
    """One line for every fact in which two environments differ, as far as both are known.

    Those of sessions that resumed a run are compared as well.
    """
    for facts in (before, after):
        checks.instance("environment", facts, dict, "Take it from read_environment.")
    found: list[str] = []
    for old in (before, *_resumed(before)):
        for new in (after, *_resumed(after)):
            found += differing(old, new, [x for x in old if x in new and x != "resumed"])
    return tuple(dict.fromkeys(found))


def _resumed(facts: Environment) -> list[Environment]:
    """What each later session changed."""
    sessions = facts.get("resumed")
    return [x for x in sessions if isinstance(x, dict)] if isinstance(sessions, list) else []


def note_environment(folder: Path, now: Environment) -> None:
    """Add to "resumed" in what this session's environment differs from those before, if it does.

    The arithmetic is that of the first training, which a run is begun without.
    """
    found = read_environment(folder)
    known = found | {name: now[name] for name in now if name == "arithmetic" and name not in found}
    last, earlier = known.copy(), _resumed(known)
    for session in earlier:
        last |= session
    if changes := {name: now[name] for name in now if last.get(name, now[name]) != now[name]}:
        known["resumed"] = [*earlier, changes]
    if known != found:
        jsons.write(folder / ENVIRONMENT, known)


def read_environment(folder: files.AnyPath) -> Environment:
    """The environment that a run was started in."""
    path = files.require_folder(folder) / ENVIRONMENT
    found = jsons.read(path)
    if isinstance(found, dict):
        return found
    raise RunError(f"{path}: expected names and facts.")
