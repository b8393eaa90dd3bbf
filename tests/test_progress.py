from __future__ import annotations

import io
import sys

import pytest

from purenn.datasets.progress import Bars, Lines, on_standard_error


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_tell_each_quarter_once() -> None:
    stream = io.StringIO()
    progress = Lines(stream)
    progress.say("Here we go")
    with progress.transfer("file", 4_000_000) as advance:
        for _ in range(400):
            advance(10_000)
    assert stream.getvalue().splitlines() == [
        "Here we go",
        "file: 4.0 MB",
        "file: 25 %",
        "file: 50 %",
        "file: 75 %",
        "file: 100 %",
    ]


def test_lines_do_without_a_size() -> None:
    stream = io.StringIO()
    with Lines(stream).transfer("file", 0) as advance:
        advance(10)
    assert stream.getvalue() == "file\n"


def test_a_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    progress = on_standard_error()
    assert isinstance(progress, Bars)
    progress.say("Here [we] go")
    with progress.transfer("file", 4_000_000) as advance:
        advance(4_000_000)
    with progress.transfer("unknown", 0) as advance:
        advance(10)
    assert "Here [we] go" in terminal.getvalue()
    assert "4.0/4.0 MB" in terminal.getvalue()


def test_no_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(on_standard_error(), Lines)


def test_a_terminal_without_rich_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert isinstance(on_standard_error(), Lines)
