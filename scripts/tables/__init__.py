"""The parts of scripts/tabular.py."""
