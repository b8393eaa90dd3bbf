"""Figures of whole processes: how long imports take, and how large installations are."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

import purenn
from benchmarks.results import Processes

# What is imported; times are compared with those of the first.
IMPORTED = ("numpy", "purenn", "torch", "jax")
# What is installed for training. purenn itself is counted where it lies: it may be a checkout.
INSTALLED = {"purenn": ("numpy", "attrs"), "PyTorch": ("torch",), "JAX": ("jax", "optax")}

PROGRAM = "from time import perf_counter as t; s = t(); import {}; print(t() - s)"


def processes(rounds: int) -> Processes:
    """Import the modules in turns, after once to warm the disk's cache, and weigh installations."""
    present = [module for module in IMPORTED if find_spec(module)]
    for module in present:
        import_seconds(module)
    turns = [{module: import_seconds(module) for module in present} for _ in range(rounds)]
    imports = {module: tuple(turn[module] for turn in turns) for module in present}
    sizes = {name: install_bytes(roots) for name, roots in INSTALLED.items() if _present(roots)}
    own = sum(file.stat().st_size for file in Path(purenn.__file__).parent.rglob("*.py*"))
    return Processes(imports, {**sizes, "purenn": sizes["purenn"] + own})


def import_seconds(module: str) -> float:
    """How long a fresh process takes to import a module, the start of Python itself left out."""
    command = [sys.executable, "-c", PROGRAM.format(module)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _present(packages: tuple[str, ...]) -> bool:
    return all(find_spec(package) for package in packages)


def install_bytes(packages: tuple[str, ...]) -> int:
    """The size of these packages and of all that they require, as installed here."""
    files = (file for name in closure(packages) for file in distribution(name).files or [])
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file())


def closure(packages: tuple[str, ...]) -> set[str]:
    """These packages and all that they require, without extras."""
    found: set[str] = set()
    rest = list(packages)
    while rest:
        name = rest.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            rest += _requirements(name)
    return found


def _requirements(name: str) -> list[str]:
    needed = map(Requirement, distribution(name).requires or [])
    return [
        need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})
    ]
