from collections.abc import Callable, Iterable
from typing import TypeVar

_Test = TypeVar("_Test")

def parametrize_with_checks(
    estimators: Iterable[object],
    *,
    legacy: bool = True,
    expected_failed_checks: Callable[[object], dict[str, str]] | None = None,
    xfail_strict: bool | None = None,
) -> Callable[[_Test], _Test]: ...
