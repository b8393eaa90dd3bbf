"""The wheel, installed where there is nothing but NumPy and attrs; names, versions and pins."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
import zipfile
from doctest import DocTestFinder, DocTestRunner
from graphlib import TopologicalSorter
from importlib import import_module
from inspect import ismodule
from pathlib import Path
from pkgutil import walk_packages

import pytest
from commands import python, told
from packaging.requirements import Requirement

import purenn

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

LOADED = """
import doctest, sys
sys.path.append(sys.argv[1])
before = set(sys.modules)
import purenn
print(purenn.__file__)
from purenn import *
new = {name.partition(".")[0]: sys.modules[name] for name in set(sys.modules) - before}
print(*{name for name in new if hasattr(new[name], "__path__")} - set(sys.stdlib_module_names))
print(doctest.testmod(purenn).failed)
"""


@pytest.mark.slow
def test_the_wheel_is_whole_and_needs_numpy_and_attrs_alone(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    told("-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("purenn/**/*.py")}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (name,) = (name for name in names if name.endswith("/licenses/LICENSE"))
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()
        archive.extractall(packages)
    assert {name for name in names if name.startswith("purenn/")} == modules | {"purenn/py.typed"}
    for package in map(importlib.metadata.distribution, ("numpy", "attrs")):
        for entry in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            (packages / entry).symlink_to(str(package.locate_file(entry)))
    # Without the site's packages, and without the folder where this runs.
    bare = told("-I", "-S", "-W", "error", "-c", LOADED, packages, cwd=tmp_path)
    file, loaded, failed = bare.splitlines()
    assert Path(file) == packages / "purenn" / "__init__.py"
    assert set(loaded.split()) <= {"purenn", "numpy", "attr", "attrs"}
    assert failed == "0"


@pytest.mark.parametrize(("extra", "package"), [("data", "datasets"), ("runs", "runs")])
def test_extras_bring_what_their_packages_import(extra: str, package: str) -> None:
    lines = PROJECT["dependencies"] + PROJECT["optional-dependencies"][extra]
    files = ROOT.glob(f"purenn/{package}/*.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    imported = set(re.findall(r"(?m)^ *(?:from|import) (\w+)(?=\S* import| as|$)", text))
    brought = {"purenn", *(Requirement(line).name for line in lines)}
    assert imported - sys.stdlib_module_names <= brought


LACKING = [
    *(("filelock", "runs", "runs"), ("threadpoolctl", "runs", "runs")),
    ("sklearn", "estimators", "sklearn"),
]


@pytest.mark.parametrize(("module", "package", "extra"), LACKING)
def test_packages_name_the_extra_that_they_lack(module: str, package: str, extra: str) -> None:
    code = f"import sys; sys.modules.update({module}=None); import purenn.{package}"
    cure = f"in a clone of purenn, pip install '.[{extra}]'.\n"
    assert cure in python("-c", code, cwd=ROOT).stderr


def test_the_face_is_small_and_sorted_and_every_folder_a_package() -> None:
    folders = {path.parent for path in ROOT.glob("purenn/**/*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
    names = purenn.__all__
    assert 45 <= len(names) <= 56
    assert names == sorted(set(names))
    assert [name for name in names if not hasattr(purenn, name)] == []
    assert {*names, "__version__", "layers"} <= {*dir(purenn)}


@pytest.mark.parametrize("depth", [2, 9], ids=["packages", "modules"])
def test_imports_only_run_downwards(depth: int) -> None:
    files = {path.relative_to(ROOT).with_suffix(""): path for path in ROOT.glob("purenn/**/*.py")}
    homes = {".".join(path.parts).removesuffix(".__init__"): files[path] for path in files}
    below: dict[str, set[str]] = {}
    for home, file in homes.items():
        found: set[str] = set()
        imports = re.findall(r"(?m)^from (purenn\S*) import (\([^)]*|.*)", file.read_text())
        for base, names in imports:
            modules = {f"{base}.{name}" for name in re.findall(r"\w+", names)} & homes.keys()
            found |= modules or {base}
        place, *others = (".".join(name.split(".")[:depth]) for name in (home, *found))
        below[place] = (below.get(place, set()) | {*others}) - {place}
    TopologicalSorter(below).prepare()  # which refuses circles


PACKAGES = {path.parent.name for path in ROOT.glob("purenn/*/__init__.py")} - {"kernels"}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_help_lists_all_that_a_package_exports(package: str) -> None:
    found: dict[str, object] = vars(import_module(f"purenn.{package}"))
    names = {name for name, value in found.items() if name[0] != "_" and not ismodule(value)}
    assert found.get("__all__") == sorted(names - {"annotations"})


def test_names_are_imported_when_asked_for_and_type_checkers_know_from_where() -> None:
    known: dict[str, object] = {}
    for node in ast.walk(ast.parse(Path(purenn.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("purenn"):
            names = {alias.name: import_module(node.module) for alias in node.names}
            known |= {name: getattr(module, name) for name, module in names.items()}
    assert {"data", "layers", "optimizers", "training", "tree", *purenn.__all__} <= set(known)
    assert [name for name in known if getattr(purenn, name) is not known[name]] == []
    assert not hasattr(purenn, "lineer")
    cures = {"GELU": ". There is purenn.layers.gelu", "_gelu": "", "kernel": "", "a.b": ""}
    cures |= {"Block": ". There is purenn.layers.block and purenn.layers.Block"}
    cures |= {"MaxPool1d": ". There is purenn.layers.max_pool"}
    cures |= {"Dropout2d": ". There is purenn.layers.spatial_dropout"}
    cures |= {"ShapeError": ". There is purenn.errors.ShapeError"}
    for name, cure in cures.items():
        with pytest.raises(AttributeError, match=f"no attribute '{name}'{re.escape(cure)}$"):
            getattr(purenn, name)
    code = "import sys, purenn; print('numpy' in sys.modules, 'purenn.arrays' in sys.modules)"
    assert told("-c", code, cwd=ROOT) == "False False\n"
    failed = python("-c", "import purenn; purenn.runs", cwd=ROOT)
    assert failed.stderr.endswith("'runs'. Import it: from purenn import runs\n")


def test_examples_in_docstrings_run_as_one_types_them() -> None:
    """With what they document alone, in place of all that its module imports."""
    finder, runner = DocTestFinder(exclude_empty=True), DocTestRunner(verbose=False)
    for name in (one.name for one in walk_packages(purenn.__path__, "purenn.")):
        module = import_module(name)
        for example in finder.find(module, name):
            own = example.name.removeprefix(name).strip(".")
            known: dict[str, object] = vars(module)
            seen = [key for key, x in known.items() if (key == own if own else not ismodule(x))]
            example.globs = {key: known[key] for key in seen}
            runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


def test_all_that_is_needed_is_pinned_to_what_is_installed() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert {name: importlib.metadata.version(name) for name in pins} == pins
    assert PROJECT["version"] == purenn.__version__
    extras = PROJECT["optional-dependencies"]
    needed = {"": PROJECT["dependencies"], **extras, "bench": [], "tabular": []}
    names = {extra: {Requirement(line).name for line in needed[extra]} for extra in needed}
    assert names[""] == {"numpy", "attrs"}
    assert set().union(*names.values()) - {*pins, "purenn"} == set()
