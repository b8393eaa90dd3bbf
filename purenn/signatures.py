"""Signatures of functions whose annotations may name what only a type checker knows."""

from __future__ import annotations

import inspect
import sys

if sys.version_info >= (3, 14):  # where such annotations fail when they are first looked at
    from functools import partial

    from annotationlib import Format

    signature = partial(inspect.signature, annotation_format=Format.FORWARDREF)
else:
    signature = inspect.signature
