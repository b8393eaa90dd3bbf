from collections.abc import Iterator
from functools import partial
from typing import Literal

def estimator_checks_generator(
    estimator: object,
    *,
    legacy: bool = True,
    expected_failed_checks: dict[str, str] | None = None,
    mark: Literal["xfail", "skip"] | None = None,
    xfail_strict: bool | None = None,
) -> Iterator[tuple[object, partial[None]]]: ...
