from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from mini import ARCHIVES, CONTENTS, MINI, is_mini, places
from serving import Answer, failing, serve, whole

from purenn.datasets import idx, openml
from purenn.datasets.acquire import Route
from purenn.datasets.download import Patience
from purenn.datasets.fashion_mnist import load_anywhere
from purenn.datasets.progress import Lines
from purenn.errors import UnavailableError

PATIENCE = Patience(answer=10.0, silence=10.0, whole=60.0)
PIXELS: openml.Pixels = np.concatenate(
    [idx.parse(CONTENTS[index], "images").reshape(-1, 784) for index in (0, 2)]
).astype(np.float64)
LABELS = [int(label) for index in (1, 3) for label in idx.parse(CONTENTS[index], "labels")]
NAMES: openml.Names = np.array([str(label) for label in LABELS], dtype=np.object_)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def address() -> Iterator[str]:
    with serve({"/": whole(b"Welcome")}) as server:
        yield server.url


def route(address: str, table: openml.Table) -> Route:
    progress = Lines(io.StringIO())
    deliver = partial(
        openml.from_openml,
        every=MINI,
        address=address,
        table=table,
        patience=PATIENCE,
        progress=progress,
    )
    return Route("scikit-learn", deliver)


def failure(cache: Path, address: str, table: openml.Table) -> str:
    with pytest.raises(UnavailableError, match="cannot be had") as caught:
        load_anywhere(MINI, places(cache, route(address, table)), Lines(io.StringIO()))
    return str(caught.value)


def test_the_table_becomes_the_files_as_they_were_published(tmp_path: Path, address: str) -> None:
    where = places(tmp_path, route(address, lambda: (PIXELS, NAMES)))
    assert is_mini(load_anywhere(MINI, where, Lines(io.StringIO())))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ARCHIVES


def test_only_what_is_missing_is_made(tmp_path: Path, address: str) -> None:
    name = MINI[2].archive
    (tmp_path / name).write_bytes(ARCHIVES[name])
    before = (tmp_path / name).stat().st_mtime_ns
    where = places(tmp_path, route(address, lambda: (PIXELS, NAMES)))
    assert is_mini(load_anywhere(MINI, where, Lines(io.StringIO())))
    assert (tmp_path / name).stat().st_mtime_ns == before


def with_pixel(value: float) -> openml.Pixels:
    pixels = PIXELS.copy()
    pixels[3, 100] = value
    return pixels


@pytest.mark.parametrize(
    ("pixels", "names", "message"),
    [
        (PIXELS[:-1], NAMES, r"expected (10, 784) pixels and 10 labels, and got (9, 784) and 10."),
        (PIXELS[:, :-1], NAMES, "and got (10, 783) and 10."),
        (PIXELS, NAMES[:-1], "and got (10, 784) and 9."),
        (with_pixel(0.5), NAMES, "it has numbers that are no bytes."),
        (with_pixel(256.0), NAMES, "it has numbers that are no bytes."),
        (with_pixel(float("nan")), NAMES, "it has numbers that are no bytes."),
        (PIXELS, np.array(["boot"] * 10, dtype=np.object_), "it has labels that are no numbers"),
        (PIXELS[::-1], NAMES, "is not train-images-idx3-ubyte: it has 4720 bytes with SHA-256"),
        (PIXELS, NAMES[::-1], "is not train-labels-idx1-ubyte: it has 14 bytes with SHA-256"),
    ],
)
def test_another_table_is_refused(
    tmp_path: Path, address: str, pixels: openml.Pixels, names: openml.Names, message: str
) -> None:
    assert message in failure(tmp_path, address, lambda: (pixels, names))


def test_whatever_scikit_learn_raises_is_told(tmp_path: Path, address: str) -> None:
    def broken() -> tuple[openml.Pixels, openml.Names]:
        raise KeyError("data_set_description")

    def absent() -> tuple[openml.Pixels, openml.Names]:
        raise ModuleNotFoundError("No module named 'sklearn'")

    message = f"  - scikit-learn: {address}: KeyError: 'data_set_description'."
    assert message in failure(tmp_path, address, broken)
    message = "  - scikit-learn: scikit-learn is not installed."
    assert message in failure(tmp_path, address, absent)


def test_scikit_learn_is_not_bothered_where_openml_does_not_answer(tmp_path: Path) -> None:
    def never() -> tuple[openml.Pixels, openml.Names]:
        raise AssertionError("this would wait for minutes")

    with serve({"/": failing(503)}) as server:
        assert "the server answers 503 Service Unavailable." in failure(tmp_path, server.url, never)


def api(url: str, table: bytes) -> dict[str, Answer]:
    """What OpenML answers about the table, as far as scikit-learn asks."""
    features = [_feature(index, f"pixel{index}", "numeric", "false") for index in range(784)]
    features.append(_feature(784, "class", "nominal", "true"))
    description = {
        "id": "40996",
        "name": "Fashion-MNIST",
        "version": "1",
        "status": "active",
        "format": "ARFF",
        "description": "Ten images.",
        "md5_checksum": hashlib.md5(table, usedforsecurity=False).hexdigest(),
        "url": f"{url}table.arff",
    }
    qualities = [{"name": "NumberOfInstances", "value": "10.0"}]
    return {
        "/": whole(b"Welcome"),
        "/info/40996": _json({"data_set_description": description}),
        "/features/40996": _json({"data_features": {"feature": features}}),
        "/qualities/40996": _json({"data_qualities": {"quality": qualities}}),
        "/table.arff": whole(table),
    }


def _feature(index: int, name: str, kind: str, is_target: str) -> dict[str, str]:
    return {
        "index": str(index),
        "name": name,
        "data_type": kind,
        "is_target": is_target,
        "is_ignore": "false",
        "is_row_identifier": "false",
        "number_of_missing_values": "0",
    }


def _json(value: object) -> Answer:
    return whole(json.dumps(value).encode())


def _arff() -> bytes:
    lines = ["@RELATION fashion"]
    lines += [f"@ATTRIBUTE pixel{number} INTEGER" for number in range(784)]
    lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    for row, label in zip(PIXELS, LABELS, strict=True):
        lines.append(",".join([*(str(int(pixel)) for pixel in row), str(label)]))
    return "\n".join(lines).encode()


def test_scikit_learn_reads_the_table_as_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    answers: dict[str, Answer] = {}
    with serve(answers) as server:
        answers |= api(server.url, _arff())
        # scikit-learn has no other way to be sent to another server.
        module = "sklearn.datasets._openml"
        monkeypatch.setattr(f"{module}._DATA_INFO", f"{server.url}info/{{}}")
        monkeypatch.setattr(f"{module}._DATA_FEATURES", f"{server.url}features/{{}}")
        monkeypatch.setattr(f"{module}._DATA_QUALITIES", f"{server.url}qualities/{{}}")
        where = places(tmp_path / "cache", route(server.url, openml.fetch_table))
        assert is_mini(load_anywhere(MINI, where, Lines(io.StringIO())))
    assert not (tmp_path / "sklearn").exists()
