"""Wrong calls: what comes is a result or an error of purenn's, and which words some errors have.

Never an error from inside of NumPy, which says neither where nor what to do, and never a number
that stands for nothing.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from math import isfinite
from operator import rshift
from pathlib import Path
from traceback import extract_tb
from types import GeneratorType, ModuleType, SimpleNamespace

import numpy as np
import pytest
from contracts import copies, makers
from refusals import check_refusal, evaluate, items, refusals

import purenn as nn
from purenn import data, datasets, errors, initializers, layers, optimizers, runs, schedules
from purenn.arrays import Matrix
from purenn.estimators import Classifier, Regressor
from purenn.expressions import Expressed
from purenn.training import Report
from spiral import SpiralSettings

PACKAGES = "data datasets errors estimators initializers layers losses optimizers runs schedules"
PUBLIC = f"{PACKAGES} testing training tree vectors"
MODULES = [import_module(f"purenn.{name}") for name in PUBLIC.split()]

# What the calls and values are written with.
X: Matrix = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
X.setflags(write=False)
Y, WIDE, P = np.array([0, 1, 2, 1]), X.astype(np.float64), np.full((4, 3), 1 / 3, np.float32)
IMAGES, FLOAT32 = np.zeros((4, 2, 2, 1), np.uint8), np.dtype(np.float32)
PICTURES, PIXELS = IMAGES.astype(np.float32), np.zeros((4, 28, 28, 1), np.uint8)
KEY, EMPTY = nn.Key(0), nn.Empty()
MODEL, TABLE, NORM = nn.linear(3), layers.embedding(3, 2), nn.batch_norm().init(KEY, X)
CHAIN, PARAMS, ROWS = MODEL >> nn.relu(), MODEL.init(KEY, X), TABLE.init(KEY, Y)
OTHER, FIVE = nn.linear(2).init(KEY, X), nn.linear(5).init(KEY, X)
SGD, FAST, LOSS = nn.sgd(0.1), nn.momentum(0.9), nn.softmax_cross_entropy()
STATE, DATA, REPORTS = SGD.init(PARAMS), nn.dataset(X, Y), [Report(1.0, 2)]
SLOTS, LEAVES = STATE.slots, STATE.slots.leaves
FREE = optimizers.schedule_free_sgd(0.1)
WAITING = nn.descend(optimizers.plateau(2), 0.1).init(PARAMS)
STEP, BATCHES = nn.training_step(MODEL, LOSS, SGD), nn.shuffled_batches(DATA, 2, KEY, 0)
BATCH, FITTED = BATCHES[0], data.standardization(X)
SEEN = nn.shuffled_batches(nn.dataset(PICTURES, Y), 2, KEY, 0)
BYTES, CONFIG, RECORDS = Y.astype(np.uint8), runs.Config("x.py", {}), ({"epoch": 0, "loss": 0.5},)
RUN, BEGUN = runs.Run(Path("run"), CONFIG), runs.Progress(STATE, KEY, "model")
UNTIL, BEST, OFTEN = runs.patience("loss", 2), runs.best("loss"), runs.Cadence(steps=1)
BATCHES_OF, MEASURE = (lambda key, epoch: BATCHES), (lambda end: {"loss": end.mean_loss})
MANY, LABELS = np.tile(X, (6, 1)), np.tile(Y // 2, 6)
SERVING = Classifier(model=(4,), epochs=1, random_state=0).fit(MANY, LABELS)
SPARSE, FRAME = SimpleNamespace(toarray=list), SimpleNamespace(to_numpy=list)


class Subclass(np.ndarray[tuple[int, ...], np.dtype[np.float32]]): ...


@nn.maker
def drop() -> nn.Transform[nn.Empty]:
    return optimizers.stateless(lambda grads, point: grads[:1])


@nn.maker
def widen() -> nn.Transform[nn.Empty]:
    return optimizers.stateless(lambda grads, point: tuple(g.astype(np.float64) for g in grads))


def public(module: ModuleType) -> dict[str, object]:
    """The functions and classes that a package exports, or that are a module's own."""
    is_package = hasattr(module, "__path__")
    return {
        name: value
        for name, value in inspect.getmembers(module)
        if inspect.isfunction(value) or inspect.isclass(value)
        if is_package or value.__module__ == module.__name__
        if not name.startswith("_")
    }


OWN = (Subclass, drop, widen, rshift, SpiralSettings)
NAMES: dict[str, object] = {
    **{name: value for module in (*MODULES, nn) for name, value in public(module).items()},
    **{module.__name__.removeprefix("purenn."): module for module in MODULES},
    **{own.__name__: own for own in OWN},
    **{name: value for name, value in globals().items() if name.isupper()},
    "np": np,
    "Path": Path,
    "nan": np.nan,
    "inf": np.inf,
}
HELPERS = {
    "passed": "lambda layer: lambda params, x, key: both(*layer.vjp(params, x, key))",
    "pulled": "lambda layer: lambda params, x, dy: layer.vjp(params, x, KEY)[1](dy)[1]()",
    "both": "lambda y, pull: (lambda grads, dx: (y, grads, dx()))(*pull(y))",
    "state": "lambda slots: State(PARAMS, slots, 0)",
    "moved": "lambda optimizer: lambda slots: optimizer.update(state(slots), PARAMS, 1.0)",
    "stepped": "lambda loss, own, batch: training_step(MODEL, loss, own)(own.init(PARAMS), batch)",
    "losing": "lambda *found: value_and_grad(MODEL, lambda p, t: found)(PARAMS, X, Y, KEY)",
    "entered": "lambda context: (context.__enter__(), context.__exit__(None, None, None))",
    "wrote": "lambda text: Path('new.json').write_text(text) and 'new.json'",
    "looped": "lambda: Path('loop').symlink_to('loop') or 'loop'",
    "classifier": "lambda **options: Classifier(model=(4,), epochs=1, random_state=0, **options)",
    "fitted": "lambda **options: classifier(**options).fit(MANY, LABELS).predict_proba(MANY)",
    "regressor": "lambda **options: Regressor(model=(4,), epochs=1, **options)",
    "regressed": "lambda **options: regressor(**options).fit(MANY, MANY[:, 0]).predict(MANY)",
    "evaluated": "lambda x, y: evaluate(MODEL, PARAMS, (x, y), LOSS)",
}
for helper, source in HELPERS.items():
    NAMES[helper] = evaluate(source, NAMES)


# These do as they are told, for ever.
ENDLESS = {
    *("KEY.split(10**30)", "repeated(MODEL, 10**30)", "check_optimizer(SGD, PARAMS, 10**30)"),
    "train(RUN, BEGUN, STEP, BATCHES_OF, 10**30, MEASURE, until=UNTIL, best=BEST, cadence=OFTEN)",
}
CALLS, VALUES = items("hostile_calls.txt", "; "), items("hostile_values.txt", "; ")


def wrong_calls(call: str, values: list[str]) -> list[str]:
    """The call with each of its arguments replaced by each of the values."""
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    found: list[str] = []
    for each in (*node.args, *(option.value for option in node.keywords)):
        start, stop = each.col_offset, each.end_col_offset or 0
        # A function of one's own may do whatever it likes.
        is_own = inspect.isroutine(evaluate(call[start:stop], NAMES))
        fit = [v for v in values if not (is_own and callable(evaluate(v, NAMES)))]
        found += [call[:start] + value + call[stop:] for value in fit]
    return [each for each in found if each not in ENDLESS]


# What there is to do with a result R of these classes.
USES: tuple[tuple[type, str], ...] = (
    (nn.Layer, "(R.apply(R.init(KEY, X), X), passed(R)(R.init(KEY, X), X, KEY), repr(R))"),
    (nn.Transform, "descend(R, 0.1).update(descend(R, 0.1).init(PARAMS), PARAMS, 1.0)"),
    (nn.Optimizer, "R.update(R.init(PARAMS), PARAMS, 1.0)"),
    (nn.Loss, "(R(X, Y), R.mean(X, Y))"),
    (schedules.Schedule, "(R(0), R(1000))"),
    (initializers.Initializer, "R(KEY, (3, 2))"),
    (data.Column, "(len(R), R.shape, R.take(range(1)), repr(R))"),
    (nn.Dataset, "(R.example, [*shuffled_batches(R, 2, KEY, 0)], repr(R))"),
    (data.Batches, "([*R], [*R[:1]], repr(R))"),
    (data.AugmentedBatches, "([*R], [*R[:1]], repr(R))"),
    (data.Augmentation, "R(PICTURES, KEY)"),
    (data.Mixing, "R(PICTURES, Y, KEY)"),
    (data.Standardization, "(R(X), R.inverse(X))"),
    (GeneratorType, "[*R]"),
    (AbstractContextManager, "entered(R)"),
)


def is_finite(result: object) -> bool:
    """Whether there are finite numbers only, as far as they lie open."""
    if isinstance(result, tuple | list):
        return all(map(is_finite, result))
    if isinstance(result, np.ndarray):
        return result.dtype.kind != "f" or bool(np.isfinite(result).all())
    return not isinstance(result, float) or isfinite(result)


def is_scikit_learns(error: Exception) -> bool:
    """Whether an error is from scikit-learn's checks, whose words an estimator must have."""
    files = [Path(frame.filename).parts for frame in extract_tb(error.__traceback__)]
    return "sklearn" in next(parts for parts in reversed(files) if "numpy" not in parts)


def fault(call: str) -> str | None:
    """What is wrong with what comes of a call, if anything is."""
    if "(RUN" in call:  # each call finds the run as it was begun
        for name in ("checkpoint.safetensors", "best.safetensors", "summary.json"):
            Path("run", name).unlink(missing_ok=True)
        for name in ("metrics.jsonl", "times.jsonl"):
            Path("run", name).write_bytes(b"")
    try:
        result = evaluate(call, NAMES)
        uses = [source for kind, source in USES if isinstance(result, kind)]
        found = [result, *(evaluate(source, {**NAMES, "R": result}) for source in uses)]
    except errors.PurennError as error:
        return None if str(error) else "no message"
    except (TypeError, ValueError) as error:  # Python's own, of more or fewer arguments than taken
        is_count = re.search("positional argument|unexpected keyword", str(error))
        is_known = (is_count and isinstance(error, TypeError)) or is_scikit_learns(error)
        return None if is_known else f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    is_extreme = re.search(r"\b(nan|inf|mean_loss)\b|1e300|1e38|10\*\*", call)
    return None if is_extreme or is_finite(found) else f"not finite: {found}"


@pytest.fixture(autouse=True)
def _here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pooch", None)  # nothing may be downloaded
    monkeypatch.setattr(datasets.files, "INSTALLED", tmp_path / "not-installed")
    monkeypatch.delenv("PURENN_DATA", raising=False)
    name = request.node.name
    if re.search("run|wrong_calls_get", name, re.IGNORECASE):
        with runs.start("run", CONFIG) as run:
            runs.begin(run, STATE, "model", KEY)
    nn.save("params", PARAMS)
    (tmp_path / "map").write_bytes(X.tobytes())
    with runs.resume("run") if re.search(r"\(RUN|wrong_calls_get", name) else nullcontext() as held:
        monkeypatch.setitem(NAMES, "RUN", held)
        yield


def faults(call: str, values: list[str]) -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.filterwarnings("ignore", "A column-vector y was passed")  # scikit-learn's
        if call != 'fashion_mnist("data")':  # whose files are missing
            evaluate(call, NAMES)
        assert fault(call) is None
        found = {wrong: fault(wrong) for wrong in wrong_calls(call, values)}
    return {wrong: message for wrong, message in found.items() if message}


def test_every_public_function_and_class_is_called() -> None:
    called = set(re.findall(r"\b\w+(?=\()", " ".join(CALLS)))
    exported = {name for module in (*MODULES, nn) for name in public(module)}
    # One is abstract, some are about processes of their own, and the others build trees.
    processes = {"check_portable", "check_portable_call", "environments"}
    inner = {"compose", "compose_like", "decompose", "walk"}
    assert exported - called == {"Column", *processes, *inner}


def test_every_argument_is_given_in_some_call() -> None:
    missing: dict[object, set[str]] = {}
    for node in (ast.parse(call, mode="eval").body for call in CALLS):
        assert isinstance(node, ast.Call)
        made = evaluate(ast.unparse(node.func), NAMES)
        if inspect.isfunction(made) or (inspect.isclass(made) and not issubclass(made, Exception)):
            signature = inspect.signature(made)
            named = {option.arg or "": option.value for option in node.keywords}
            given = signature.bind(*node.args, **named).arguments
            missing.setdefault(made, {*signature.parameters}).difference_update(given)
    # Whose options are those of `classifier` and `regressor`.
    assert {made for made, left in missing.items() if left} == {Classifier, Regressor}


def test_what_schedules_and_initializers_are_can_be_copied() -> None:
    names = makers(schedules, Expressed) | makers(initializers, Expressed)
    calls = [call for call in CALLS if call.split("(")[0].rpartition(".")[2] in names]
    found = [made for call in calls if isinstance(made := evaluate(call, NAMES), Expressed)]
    assert names == {repr(made).split("(")[0] for made in found} | {"as_schedule"}
    assert [copies(made) for made in found] == [[made] * 3 for made in found]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_wrong_kinds_of_arguments_are_refused_or_mean_something(call: str) -> None:
    assert faults(call, VALUES) == {}


def wrong_options() -> list[tuple[str, str]]:
    """The calls in a table of options, each after what its error says."""
    found, problem = list[tuple[str, str]](), ""
    for line in items("option_refusals.txt"):
        told, _, calls = line.rpartition(" <- ")
        problem = told or problem
        found += [(problem, call) for call in calls.split("; ")]
    return found


@pytest.mark.parametrize(("problem", "call"), wrong_options(), ids=str)
def test_wrong_options_are_refused(problem: str, call: str) -> None:
    with pytest.raises(errors.OptionError, match=rf" {re.escape(problem)}(, got \S+)?\.\Z"):
        evaluate(call, NAMES)


@refusals("training_refusals.txt")
def test_wrong_calls_get_these_errors(line: str) -> None:
    check_refusal(line, NAMES)
    assert not Path("new").exists()
