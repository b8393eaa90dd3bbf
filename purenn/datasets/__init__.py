"""Data sets: Fashion-MNIST, and spirals."""

from purenn.datasets.fashion_mnist import CLASSES, FashionMnist, fashion_mnist
from purenn.datasets.spirals import spirals

__all__ = ["CLASSES", "FashionMnist", "fashion_mnist", "spirals"]
