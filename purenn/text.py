"""Text that is shown to people, whoever wrote it."""

from __future__ import annotations


def inert(text: str) -> str:
    """Text on which no terminal acts: all that does not print is an escape, but for new lines."""
    return "".join(x if x.isprintable() or x == "\n" else repr(x)[1:-1] for x in text)
