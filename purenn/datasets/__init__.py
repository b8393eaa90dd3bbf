"""Data sets: Fashion-MNIST, and spirals."""

from __future__ import annotations

from purenn.datasets.fashion_mnist import CLASSES as CLASSES
from purenn.datasets.fashion_mnist import FashionMnist as FashionMnist
from purenn.datasets.fashion_mnist import fashion_mnist as fashion_mnist
from purenn.datasets.spirals import spirals as spirals
