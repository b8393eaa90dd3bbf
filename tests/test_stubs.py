"""The stubs in typestubs/: what they name is there, and used.

stubtest compares all parameters, and wants them all. The stubs of the benchmark's peers have what
the benchmark uses and no more; their packages may be missing.
"""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STUBS = ROOT / "typestubs"
FILES = sorted(STUBS.rglob("*.pyi"))
PEERS = ("jax", "optax", "torch")


def module_name(file: Path) -> str:
    parts = file.relative_to(STUBS).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def declared(body: list[ast.stmt], prefix: str = "") -> dict[str, list[str]]:
    """The classes and functions of a stub, with the names of their parameters."""
    found: dict[str, list[str]] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            name = prefix + node.name
            if isinstance(node, ast.ClassDef):
                found |= {name: [], **declared(node.body, f"{name}.")}
            else:
                given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                found[name] = [each.arg for each in given if each.arg not in {"self", "cls"}]
    return found


def missing(module: str, name: str, parameters: list[str]) -> list[str]:
    """The parameters that a function does not take, as far as it tells what it takes."""
    found: object = import_module(module)
    if (module, name.partition(".")[0]) == ("jax", "Array"):
        found, name = import_module("jax.numpy").zeros(1), name.partition(".")[2] or "shape"
    for part in name.split("."):
        found = getattr(found, part)
    try:
        taken = inspect.signature(found).parameters if callable(found) else {}
    except ValueError:  # it does not tell
        return []
    has_more = any(each.kind is each.VAR_KEYWORD for each in taken.values())
    return [] if has_more else [each for each in parameters if each not in taken]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_stubs_tell_of_what_is_there_and_used(file: Path) -> None:
    module, content = module_name(file), declared(ast.parse(file.read_text()).body)
    if find_spec(module.partition(".")[0]) is not None:
        assert [name for name in content if missing(module, name, content[name])] == []
    if module.startswith(PEERS):
        sources = (ROOT / "scripts" / "benchmarks").glob("*.py")
        used = set(re.findall(r"\w+", "".join(source.read_text() for source in sources)))
        assert {name.rpartition(".")[2] for name in content} - used == set()
