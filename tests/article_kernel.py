"""The first epoch of the article's run 3 on the committed sample, for a process of its own.

Prints the kernel of the BLAS library and the loss.
"""

from __future__ import annotations

import sys

from sample import sample
from threadpoolctl import threadpool_info

from article.fashion_run import fashion_recipe
from article.images import article_split
from article.nets import fashion_epochs, opening
from purenn import fold, training_step
from purenn.datasets import FashionMnist


def first_losses(data: FashionMnist) -> list[float]:
    """The loss of each batch of the first epoch."""
    start = opening()
    recipe = fashion_recipe(start)
    (batches,) = fashion_epochs(article_split(data)[0], start.stream, 1)
    step = training_step(recipe.net, recipe.loss, recipe.optimizer)
    _, reports = fold(step, recipe.optimizer.init(recipe.params), batches)
    return [report.loss for report in reports]


def kernel() -> str:
    """The name of the kernel that NumPy's BLAS library uses."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return next((pool.get("architecture", "") for pool in pools), "")


if __name__ == "__main__":
    losses = first_losses(sample())
    sys.stdout.write(f"{kernel()} {sum(losses) / 15:.4f}")  # of 16 batches, 15 are full
