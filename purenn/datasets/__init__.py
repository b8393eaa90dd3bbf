"""Data sets: Fashion-MNIST, and spirals.

Data sets that come from files say where they look for them, and verify what they find.
"""

from __future__ import annotations

from purenn.datasets.fashion_mnist import CLASSES, FashionMnist, fashion_mnist
from purenn.datasets.legacy import LegacyStream
from purenn.datasets.spirals import article_spirals, spirals

__all__ = [
    "CLASSES",
    "FashionMnist",
    "LegacyStream",
    "article_spirals",
    "fashion_mnist",
    "spirals",
]
