"""The methods that are compared, each with its defaults and with the columns that it takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import attrs

from purenn.kernels.processor import cores
from tables._dynamic import Estimator, as_estimator, made
from tables.catalog import Task

PURENN = "purenn"
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
    """A method.

    Args:
        name: in the table.
        color: in pictures; by Okabe and Ito, for every color vision.
        modules: that it needs.
        distributions: the packages that one installs for it.
        path: of its two classes, without `Classifier` or `Regressor` at the end.
        options: of both.
        prepare: what makes columns fit for it; none of them if it takes tables as they are.
    """

    name: str
    color: str
    modules: tuple[str, ...]
    distributions: tuple[str, ...]
    path: str
    options: tuple[tuple[str, object], ...] = ()
    prepare: Prepare | None = None

    @property
    def is_present(self) -> bool:
        """Whether all that it needs is installed."""
        return all(map(find_spec, self.modules))

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


SKLEARN = ("pandas", "sklearn")
SCIKIT = ("scikit-learn",)
METHODS = (
    Method(
        PURENN, "#0072B2", ("purenn", *SKLEARN), ("numpy", "attrs", *SCIKIT), "purenn.estimators:"
    ),
    Method(
        "scikit-learn's MLP",
        "#CC79A7",
        SKLEARN,
        SCIKIT,
        "sklearn.neural_network:MLP",
        prepare=standardized,
    ),
    Method(
        "skorch",
        "#D55E00",
        ("skorch", "torch", "pandas"),
        ("skorch", "torch"),
        "tables.skorch_net:",
    ),
    Method(
        "pytabkit",
        "#E69F00",
        ("pytabkit", "pandas"),
        ("pytabkit",),
        "pytabkit:RealMLP_TD_S_",
        (("device", "cpu"), ("n_threads", cores()), ("verbosity", 0)),
        filled,
    ),
    Method(
        "random forest",
        "#009E73",
        SKLEARN,
        SCIKIT,
        "sklearn.ensemble:RandomForest",
        prepare=one_hot,
    ),
    Method(
        "HistGradientBoosting", "#56B4E9", SKLEARN, SCIKIT, "sklearn.ensemble:HistGradientBoosting"
    ),
    Method(
        "LightGBM",
        "#000000",
        ("lightgbm", *SKLEARN),
        ("lightgbm",),
        "lightgbm:LGBM",
        (("verbosity", -1),),
    ),
)
