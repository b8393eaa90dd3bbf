"""Compares each layer with PyTorch's: the output and all cotangents, in float32.

Shapes are those of small nets, and there are as many threads as cores. The two take turns in one
process. The table, in Markdown, has the median of purenn's time, and the median and the quartiles
of its ratio to PyTorch's in the same round; for images, in the faster of PyTorch's two memory
formats. To install PyTorch:
  .venv/bin/python -m pip install --constraint constraints.txt --editable '.[bench]'

Examples:
  .venv/bin/python scripts/compare_layers.py > layers.md
  .venv/bin/python scripts/compare_layers.py --layers gelu conv --rounds 31
  taskset --cpu-list 0 .venv/bin/python scripts/compare_layers.py
"""

from __future__ import annotations

from importlib.util import find_spec

from benchmarks.report import LAYERS, layer_row, machine
from command_line import command, run
from purenn import PurennError, checks
from purenn.errors import OptionError


def compare(layers: tuple[str, ...] = (), rounds: int = 9) -> None:
    """Measure, and print the table line by line.

    Args:
        layers: the beginnings of layers' names; all if none is given.
        rounds: the number of turns of each.
    """
    checks.integer("--rounds", rounds)
    if find_spec("torch") is None:
        raise PurennError("PyTorch is not installed: --help says how to install it.")
    from benchmarks.pytorch_layers import cases

    everything = list(cases())
    known = dict.fromkeys(case.name for case in everything)
    for name in layers:
        if not any(each.startswith(name) for each in known):
            raise OptionError(f"--layers: expected beginnings of {', '.join(known)}, got {name!r}.")
    print(LAYERS, flush=True)
    for case in everything:
        if case.name.startswith(layers or ""):
            print(layer_row(case, rounds), flush=True)
    print(f"\nMedians and quartiles over {rounds} rounds. {machine()}")


main = command(compare, __doc__)


if __name__ == "__main__":
    run(main)
