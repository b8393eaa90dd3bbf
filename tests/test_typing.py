"""What mypy makes of programs: right ones pass, those of the docs too, and mistakes have errors.

`typing/pass` asserts types. `typing/fail` holds mistakes, each with the code of its error and some
of the words:

    params[1].weight  # [attr-defined] "Empty" has no attribute "weight"
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import attrs
import pytest
from commands import python
from test_readme import DOCS, blocks

import purenn as nn
from purenn.data import AugmentedBatches, Batches

ROOT = Path(__file__).parent.parent
RIGHT, WRONG = "tests/typing/pass/right.py", "tests/typing/fail/wrong.py"
ERROR = re.compile(r"(?m)^(.+?):(\d+): error: (.*?)  \[([\w-]+)\]$")


@pytest.mark.slow
def test_right_programs_pass_and_mistakes_have_the_errors_expected(tmp_path: Path) -> None:
    texts = [tmp_path / f"{Path(file).stem}.py" for file in ("README.md", *DOCS)]
    for text, file in zip(texts, ("README.md", *DOCS), strict=True):
        text.write_text("from __future__ import annotations\n\n" + "\n\n".join(blocks(file)))
    options = ("--no-pretty", "--no-error-summary", "--no-color-output")
    told = python("-m", "mypy", *options, RIGHT, WRONG, *texts, cwd=ROOT)
    errors = ERROR.findall(told.stdout)
    found = sorted((file, int(line), code, words) for file, line, words, code in errors)
    wanted = sorted(
        (WRONG, number, code, words.strip())
        for number, line in enumerate((ROOT / WRONG).read_text().splitlines(), 1)
        for code, words in re.findall(r"# \[([\w-]+)\] ([^#]+)", line)
    )
    assert [error[:3] for error in found] == [error[:3] for error in wanted]
    assert all(words in said for (*_, words), (*_, said) in zip(wanted, found, strict=True))


USER = """
from purenn.estimators import Classifier, Regressor

ROWS, LABELS = [[0.0], [1.0]], [0, 1]
model = Classifier(epochs=3).fit(ROWS, LABELS).set_params(epochs=4).set_callbacks()
weights: dict[str, float] = {"a": 2.0}
wanted = Classifier(class_weight=weights).set_partial_fit_request(classes=True)
print(wanted.get_metadata_routing(), Classifier(class_weight={0: 2.0, 1: 1.0}))
print(model.score(ROWS, LABELS) > 0.5, model.get_params()["epochs"])
print(Regressor().partial_fit(ROWS, LABELS).score(ROWS, LABELS) + 1.0)
"""
CONFIG = f"""
[mypy]
mypy_path = {ROOT}
strict = True
disallow_any_expr = True
[mypy-purenn.*]
follow_imports = silent
"""


@pytest.mark.slow
def test_users_without_stubs_know_the_types_of_estimators(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "mypy.ini").write_text(CONFIG)
    cache = ROOT / ".mypy_cache" / "users"  # which spares the next time its five seconds
    told = python("-m", "mypy", "--cache-dir", cache, "user.py", cwd=tmp_path)
    assert told.stdout == "Success: no issues found in 1 source file\n"


def test_right_programs_run() -> None:
    assert "KEY" in runpy.run_path(str(ROOT / RIGHT))


@pytest.mark.parametrize("kind", [AugmentedBatches, Batches])
def test_fields_are_defined_once(kind: type) -> None:
    # Those that are defined again are the last for attrs and mypy, and the first for pyright.
    assert not any(map(attrs.has, kind.__mro__[1:]))


@pytest.mark.parametrize("kind", [nn.Layer, nn.Transform])
def test_arguments_for_private_fields_are_named_for_pyright(kind: type) -> None:
    private = [one for one in attrs.fields(kind) if one.init and one.name.startswith("_")]
    assert not any(one.alias_is_default for one in private)
