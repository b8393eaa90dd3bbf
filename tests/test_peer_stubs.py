"""What the stubs of the benchmark's peers say is there is there.

stubtest wants all parameters of a function, and those change with each version. These stubs have
what the benchmark uses, and no more: every name and parameter in them must exist in the package,
where it is installed, and be used in scripts/benchmarks.
"""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parent.parent
STUBS = ROOT / "typestubs"
PEERS = ("jax", "optax", "torch")
FILES = [file for peer in PEERS for file in sorted((STUBS / peer).rglob("*.pyi"))]


@attrs.frozen
class Declared:
    """A class, function or variable in a stub, under its dotted name, with its parameters."""

    name: str
    parameters: tuple[str, ...] = ()


def declared(body: list[ast.stmt], prefix: str = "") -> list[Declared]:
    """What a stub declares for others, who do not see names with an underscore.

    What only instances have is left out: the benchmark's own tests tell whether it is there.
    """
    found: list[Declared] = []
    for node in body:
        if isinstance(node, ast.ClassDef):
            found.append(Declared(prefix + node.name))
            found += declared(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            found.append(Declared(prefix + node.name, _keywords(node.args)))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not prefix:
            found.append(Declared(prefix + node.target.id))
    return [each for each in found if not each.name.startswith("_")]


def _keywords(arguments: ast.arguments) -> tuple[str, ...]:
    return tuple(each.arg for each in (*arguments.args, *arguments.kwonlyargs))


def module_name(file: Path) -> str:
    parts = file.relative_to(STUBS).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def runtime(module: str, name: str) -> object:
    """The object that a dotted name in a module stands for."""
    found: object = import_module(module)
    if (module, name.partition(".")[0]) == ("jax", "Array"):
        # jax.Array is abstract: what arrays can do shows in one.
        found = import_module("jax.numpy").zeros(1)
        name = name.partition(".")[2] or "shape"
    for part in name.split("."):
        found = getattr(found, part)
    return found


def missing_parameters(function: object, names: tuple[str, ...]) -> list[str]:
    """Those of the names that a function does not take, as far as it tells what it takes."""
    try:
        signature = inspect.signature(function) if callable(function) else None
    except ValueError:
        signature = None
    if signature is None:
        return []
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return []
    return [name for name in names if name not in {*signature.parameters, "self"}]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_stubs_tell_of_what_is_there(file: Path) -> None:
    module = module_name(file)
    content = declared(ast.parse(file.read_text()).body)
    assert content
    if find_spec(module.partition(".")[0]) is None:
        return
    for each in content:
        found = runtime(module, each.name)
        assert missing_parameters(found, each.parameters) == [], each.name


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_stubs_have_nothing_that_the_benchmark_does_not_use(file: Path) -> None:
    modules = (ROOT / "scripts" / "benchmarks").glob("*.py")
    used = set(re.findall(r"\w+", "".join(module.read_text() for module in modules)))
    names = {each.name.rpartition(".")[2] for each in declared(ast.parse(file.read_text()).body)}
    assert {name for name in names - used if not name.startswith("__")} == set()


def test_what_is_not_there_is_noticed() -> None:
    assert missing_parameters(ast.parse, ("source", "colour")) == ["colour"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        runtime("ast", "AST.nothing")
