"""The parts of a checkpoint's file: the archive, its header, and the arrays in it."""

from __future__ import annotations
