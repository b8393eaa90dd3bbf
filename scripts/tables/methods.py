"""The methods that are compared, each with its defaults and with the columns that it takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import attrs

from purenn.kernels.processor import cores
from tables._dynamic import Estimator, as_estimator, made
from tables.catalog import Task

PURENN, SCIKIT = "purenn", ("scikit-learn",)
Prepare = Callable[[], object]  # makes a transformer of columns

_transformer = partial(made, "sklearn.compose:make_column_transformer")
_columns = partial(made, "sklearn.compose:make_column_selector")
_pipeline = partial(made, "sklearn.pipeline:make_pipeline")
_imputer = partial(made, "sklearn.impute:SimpleImputer", strategy="median", add_indicator=True)
_one_hot = partial(
    made, "sklearn.preprocessing:OneHotEncoder", handle_unknown="ignore", sparse_output=False
)


@attrs.frozen
class Method:
    """A method."""

    name: str  # in the table
    color: str  # in pictures; by Okabe and Ito, for every color vision
    path: str  # of its two classes, without `Classifier` or `Regressor` at the end
    modules: tuple[str, ...] = ()  # that it needs besides those that all need
    distributions: tuple[str, ...] = SCIKIT  # the packages that one installs for it
    options: tuple[tuple[str, object], ...] = ()  # of both classes
    prepare: Prepare | None = None  # makes columns fit for it; None if it takes tables as they are

    @property
    def is_present(self) -> bool:
        """Whether all that it needs is installed."""
        return all(map(find_spec, ("pandas", *self.modules)))

    def estimator(self, task: Task, seed: int) -> Estimator:
        """A new estimator for a task."""
        kind = "Classifier" if task == "classification" else "Regressor"
        last = made(self.path + kind, random_state=seed, **dict(self.options))
        if self.prepare is None:
            return as_estimator(last)
        return as_estimator(_pipeline(self.prepare(), last))


def standardized() -> object:
    """Numbers filled with the median and standardized, categories one-hot."""
    numbers = _pipeline(_imputer(), made("sklearn.preprocessing:StandardScaler"))
    return _transformer(
        (numbers, _columns(dtype_include="number")),
        (_one_hot(), _columns(dtype_include="category")),
    )


def one_hot() -> object:
    """Categories one-hot, and numbers as they are, where some may be missing."""
    return _transformer((_one_hot(), _columns(dtype_include="category")), remainder="passthrough")


def filled() -> object:
    """Numbers filled with the median, as a frame of pandas."""
    numbers = (_imputer(), _columns(dtype_include="number"))
    made_of = _transformer(numbers, remainder="passthrough", verbose_feature_names_out=False)
    return getattr(made_of, "set_output", lambda transform: made_of)(transform="pandas")


METHODS = (
    Method(PURENN, "#0072B2", "purenn.estimators:", distributions=("numpy", "attrs", *SCIKIT)),
    Method("scikit-learn's MLP", "#CC79A7", "sklearn.neural_network:MLP", prepare=standardized),
    Method("skorch", "#D55E00", "tables.skorch_net:", ("skorch", "torch"), ("skorch", "torch")),
    Method(
        "pytabkit",
        "#E69F00",
        "pytabkit:RealMLP_TD_S_",
        ("pytabkit",),
        ("pytabkit",),
        (("device", "cpu"), ("n_threads", cores()), ("verbosity", 0)),
        filled,
    ),
    Method("random forest", "#009E73", "sklearn.ensemble:RandomForest", prepare=one_hot),
    Method("HistGradientBoosting", "#56B4E9", "sklearn.ensemble:HistGradientBoosting"),
    Method(
        "LightGBM", "#000000", "lightgbm:LGBM", ("lightgbm",), ("lightgbm",), (("verbosity", -1),)
    ),
)
