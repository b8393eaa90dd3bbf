"""Arithmetic with the same bits on every machine.

Sums of products are exact: their terms are rounded to grids first. Functions are made of + - * /,
comparisons and operations on bit patterns, each by a ufunc of its own, so that each rounds once, as
IEEE 754 says: no instruction set or library matters.
"""
