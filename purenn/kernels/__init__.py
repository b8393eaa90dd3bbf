"""Everything that computes on big arrays. Nothing outside knows how it is done.

Kernels trust their arguments: shapes and dtypes are checked by their callers, and by the tests.
Arrays that leave the kernels are read-only, unless a docstring calls them writable.
"""
