"""The wheel, installed where there is nothing but NumPy and attrs."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import attrs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


@attrs.frozen
class Installed:
    """A wheel, and a clean environment that it was installed into."""

    wheel: Path
    python: Path
    site_packages: Path

    def run(self, code: str) -> list[str]:
        """The lines that a new interpreter of the clean environment prints."""
        command = (str(self.python), "-I", "-W", "error", "-c", code)
        return output(*command, folder=self.wheel.parent).splitlines()

    def requirements(self) -> list[Requirement]:
        (purenn,) = importlib.metadata.distributions(name="purenn", path=[str(self.site_packages)])
        return [Requirement(line) for line in purenn.requires or ()]


def output(*command: str, folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def lend(name: str, site_packages: Path) -> None:
    """Link one package of the running environment, and nothing else, into another."""
    distribution = importlib.metadata.distribution(name)
    entries = {Path(file).parts[0] for file in distribution.files or ()}
    for entry in entries - {"..", "__pycache__"}:
        (site_packages / entry).symlink_to(Path(str(distribution.locate_file(entry))))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("packaging")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder))
    output(*build, str(ROOT), folder=folder)
    (wheel,) = folder.glob("*.whl")

    environment = folder / "environment"
    output(sys.executable, "-m", "venv", "--without-pip", str(environment), folder=folder)
    python = Path(sysconfig.get_path("scripts", "venv", {"base": str(environment)}), "python")
    site_packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))
    lend("numpy", site_packages)
    lend("attrs", site_packages)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python))
    output(*pip, "install", "--no-deps", "--no-index", str(wheel), folder=folder)
    return Installed(wheel, python, site_packages)


def test_wheel_holds_every_module_and_the_marker_of_typed_packages(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("purenn/")}
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("purenn/**/*.py")}
    assert packed == modules | {"purenn/py.typed"}


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in ROOT.glob("purenn/**/*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_wheel_holds_the_license(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/licenses/LICENSE"))
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()


def test_import_loads_nothing_but_numpy_and_attrs(installed: Installed) -> None:
    code = """
import sys
before = set(sys.modules)
import purenn
print(purenn.__file__)
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
built_with = {name for name in loaded if name.startswith("_sysconfigdata")}  # Python's own, too
print(*sorted(loaded - set(sys.stdlib_module_names) - built_with))
"""
    file, loaded = installed.run(code)
    assert Path(file) == installed.site_packages / "purenn" / "__init__.py"
    assert set(loaded.split()) <= {"purenn", "numpy", "attr", "attrs"}


def test_environment_has_none_of_the_extras(installed: Installed) -> None:
    names = ("cattr", "matplotlib", "platformdirs", "rich", "scipy", "sklearn", "tyro")
    code = f"""
import importlib.util
print(*(name for name in {names} if importlib.util.find_spec(name)))
"""
    assert installed.run(code) == [""]


def test_example_of_the_package_trains_without_the_extras(installed: Installed) -> None:
    code = """
import doctest, purenn
result = doctest.testmod(purenn)
print(result.failed, result.attempted)
"""
    failed, attempted = installed.run(code)[-1].split()
    assert failed == "0"
    assert int(attempted) > 0


def test_only_numpy_and_attrs_are_required(installed: Installed) -> None:
    required = {each.name for each in installed.requirements() if each.marker is None}
    assert required == {"numpy", "attrs"}


def test_everything_that_tests_and_scripts_need_is_pinned_to_what_is_installed(
    installed: Installed,
) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if len(pin) != 2] == []
    assert {name: importlib.metadata.version(name) for name, _ in pins} == dict(pins)

    pinned = {canonicalize_name(name) for name, _ in pins}
    needed = {
        canonicalize_name(each.name)
        for each in installed.requirements()
        if not re.search("bench", str(each.marker))
    }
    assert needed - pinned == {"purenn"}  # which names its own extras
