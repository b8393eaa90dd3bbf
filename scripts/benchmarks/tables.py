"""Results as tables on the terminal."""

from __future__ import annotations

from rich.table import Table

from benchmarks.contenders import JAX, JAX_AHEAD, PRODUCTS, PURENN, SKLEARN
from benchmarks.machine import Machine
from benchmarks.results import (
    Growth,
    Processes,
    Report,
    Result,
    Spread,
    best_torch,
    disagreement,
    ratio,
    slope,
    spread,
)

SIZES = ((1.0, "s"), (1e-3, "ms"), (0.0, "µs"))
STEP = {"training": "a step", "epoch": "an epoch", "inference": "a batch"}


def seconds(value: float) -> str:
    """A time in the unit that suits it.

    >>> seconds(0.00625)
    '6.25 ms'
    """
    size, unit = next(pair for pair in SIZES if value >= pair[0])
    return f"{value / (size or 1e-6):.3g} {unit}"


def memory(value: float) -> str:
    """A number of bytes in MiB, if it is known at all."""
    return f"{value / 2**20:.0f} MiB" if value else "unknown"


def around(values: Spread) -> str:
    """A median with its quartiles."""
    return f"{values.median:.2f} ({values.lower:.2f} to {values.upper:.2f})"


def machine_text(machine: Machine) -> str:
    """The machine in a line or two."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"{machine.processor}, {machine.threads} threads on {machine.cores} cores, "
        f"{machine.system}, Python {machine.python}, {machine.blas}\n{versions}"
    )


def report_tables(report: Report) -> tuple[Table, ...]:
    """All tables of a report."""
    return (
        *map(workload_table, report.results),
        *map(growth_table, report.growth),
        *map(import_table, report.processes),
        *map(size_table, report.processes),
    )


def _table(title: str, caption: str, *headings: str) -> Table:
    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def workload_table(result: Result) -> Table:
    """A row for each contender. The faster of PyTorch's modes is marked."""
    workload = result.workload
    table = _table(
        f"{workload.name}: {workload.net}, batch {workload.batch}",
        agreement(result),
        *("", STEP[workload.kind], f"÷ {result.first}", f"{PURENN} ÷ it", "peak memory"),
    )
    best = best_torch(result)
    for name, series in result.series.items():
        table.add_row(
            f"{name} *" if name == best else name,
            seconds(spread(series.seconds).median),
            around(ratio(result, name, result.first)),
            around(ratio(result, PURENN, name)),
            memory(series.peak_bytes),
        )
    for name in result.missing:
        table.add_row(name, "missing", "", "", "")
    return table


def agreement(result: Result) -> str:
    """Whether the contenders do the same job: they start from the same weights."""
    last = len(result.series[PURENN].check) - 1
    if result.workload.kind == "inference":
        largest = max(disagreement(result, index) for index in range(last + 1))
        return f"The contenders' answers differ by {largest:.0e} at most."
    return (
        f"The contenders' losses number 1 differ by {disagreement(result, 0):.0e}, and those "
        f"number {last + 1} by {disagreement(result, last):.0e}."
    )


def summary(report: Report) -> list[tuple[str, ...]]:
    """How purenn's time compares with others': a heading, and a row for each workload."""
    rows: list[tuple[str, ...]] = [
        ("purenn's time ÷", PRODUCTS, "PyTorch, its best mode", JAX, JAX_AHEAD, SKLEARN)
    ]
    for result in report.results:
        others = (PRODUCTS, best_torch(result), JAX, JAX_AHEAD, SKLEARN)
        ratios = [
            around(ratio(result, PURENN, other)) if other in result.series else ""
            for other in others
        ]
        rows.append((result.workload.name, *ratios))
    return rows


def markdown(report: Report) -> str:
    """The summary as Markdown, with the machine below."""
    heading, *rows = ("| " + " | ".join(row) + " |" for row in summary(report))
    rule = "|---" * len(summary(report)[0]) + "|"
    return "\n".join((heading, rule, *rows, "", machine_text(report.machine))) + "\n"


def summary_table(report: Report) -> Table:
    """The summary for the terminal."""
    heading, *rows = summary(report)
    table = _table("summary: medians and quartiles over the rounds", "", *heading)
    for row in rows:
        table.add_row(*row)
    return table


def growth_table(growth: Growth) -> Table:
    """Times and memory by size, a column for each contender, and their slopes."""
    table = _table(
        f"growth with the {growth.axis}",
        "The slope is the power of the size that the time grows with.",
        *(growth.axis, *growth.names, *(f"memory, {name}" for name in growth.names)),
    )
    for number, size in enumerate(growth.sizes):
        times = [seconds(growth.times(name)[number]) for name in growth.names]
        peaks = [f"{growth.peaks(name)[number]:.0f} MiB" for name in growth.names]
        table.add_row(str(size), *times, *peaks)
    slopes = [slope(growth.sizes, growth.times(name)) for name in growth.names]
    steps = [slope(growth.sizes, growth.peaks(name)) for name in growth.names]
    table.add_row("slope", *(f"{value:.2f}" for value in (*slopes, *steps)))
    return table


def import_table(processes: Processes) -> Table:
    """How long imports take, and how that compares with the first of them."""
    first, *_ = processes.imports.values()
    table = _table("imports, each in a fresh process", "", "", "time", "÷ numpy")
    for module, times in processes.imports.items():
        ratios = spread(tuple(own / base for own, base in zip(times, first, strict=True)))
        table.add_row(module, seconds(spread(times).median), around(ratios))
    return table


def size_table(processes: Processes) -> Table:
    """How large installations are."""
    table = _table("installed, with all that it needs", "", "", "size")
    for name, size in processes.sizes.items():
        table.add_row(name, memory(size))
    return table
