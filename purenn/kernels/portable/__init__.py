"""Arithmetic with the same bits on every machine.

BLAS sums in another order on each processor and number of threads, and the exponential and its kin
differ between instruction sets. All else that NumPy does to arrays of floats rounds in one way.
"""
