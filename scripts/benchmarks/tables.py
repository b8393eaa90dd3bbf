"""Results as tables on the terminal."""

from __future__ import annotations

from rich.table import Table

from benchmarks.contenders import PURENN
from benchmarks.machine import Machine
from benchmarks.results import Result, Spread, best_torch, disagreement, ratio, spread

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def seconds(value: float) -> str:
    """A time in the unit that suits it."""
    size, unit = next((pair for pair in UNITS if value >= pair[0]), UNITS[-1])
    return f"{value / size:.3g} {unit}"


def spread_text(values: Spread) -> str:
    """A median with its quartiles."""
    return f"{values.median:.2f} ({values.lower:.2f} to {values.upper:.2f})"


def machine_text(machine: Machine) -> str:
    """The machine in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"{machine.processor}, {machine.threads} threads on {machine.cores} cores, "
        f"{machine.system}, Python {machine.python}, {machine.blas}; {versions}"
    )


def table(result: Result) -> Table:
    """One workload: a row for each contender."""
    workload = result.workload
    shown = Table(
        title=f"{workload.name}: {workload.net}, batch {workload.batch}, {workload.kind}",
        caption=f"First losses or answers differ by {disagreement(result):.1e} at most.",
        title_justify="left",
        caption_justify="left",
    )
    unit = {"training": "step", "epoch": "epoch", "inference": "batch"}[workload.kind]
    for heading in ("", unit, f"to {result.first}", f"{PURENN} to it", "peak memory"):
        shown.add_column(heading, justify="right" if heading else "left")
    best = best_torch(result)
    for name, series in result.series.items():
        shown.add_row(
            f"[bold]{name}[/]" if name == best else name,
            seconds(spread(series.seconds).median),
            spread_text(ratio(result, name, result.first)),
            "" if name == PURENN else spread_text(ratio(result, PURENN, name)),
            f"{series.peak_bytes / 2**20:.0f} MiB" if series.peak_bytes else "unknown",
        )
    for name in result.missing:
        shown.add_row(name, "missing", "", "", "")
    return shown
