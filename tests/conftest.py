"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Input for the type checker, half of it wrong on purpose: never to be imported.
collect_ignore = ["typing"]

# A busy machine is no failure. All else stays as Hypothesis sets it: in CI, without randomness.
settings.register_profile("purenn", settings(), deadline=None)
settings.load_profile("purenn")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that take seconds come first, so that no worker waits for another at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of survivor.py, which no test changes."""
    import survivor

    folder = tmp_path_factory.mktemp("finished") / "run"
    survivor.train(folder)
    return folder
