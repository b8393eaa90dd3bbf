"""Everything that computes on big arrays. Nothing outside knows how it is done.

Kernels trust their arguments: shapes and dtypes are checked by their callers, and by the tests.
Every array that a kernel returns is new and read-only.
"""
