"""Text that is shown to people, whoever wrote it."""

from __future__ import annotations


def inert(text: str) -> str:
    """Text that is safe on a terminal: all that does not print is escaped, except newlines."""
    return "".join(x if x.isprintable() or x == "\n" else repr(x)[1:-1] for x in text)
