"""Data sets, their columns and parts, batches, and augmentation."""

from purenn.data.augmentations import (
    cutmix,
    cutout,
    gaussian_noise,
    mixup,
    random_erasing,
    random_flip,
    random_shift,
)
from purenn.data.augmenting import Augmentation, AugmentedBatches, Mixing, augmented
from purenn.data.batches import (
    Batch,
    Batches,
    Dataset,
    arranged_batches,
    batches_in_order,
    dataset,
    shuffled_batches,
)
from purenn.data.columns import Column, Pair, Part, Rows, ScaledBytes, Selection
from purenn.data.splitting import split
from purenn.data.standardization import Standardization, Standardized, standardization

__all__ = ["Augmentation", "AugmentedBatches", "Batch", "Batches", "Column", "Dataset", "Mixing"]
__all__ += ["Pair", "Part", "Rows", "ScaledBytes", "Selection", "Standardization", "Standardized"]
__all__ += ["arranged_batches", "augmented", "batches_in_order", "cutmix", "cutout", "dataset"]
__all__ += ["gaussian_noise", "mixup", "random_erasing", "random_flip", "random_shift"]
__all__ += ["shuffled_batches", "split", "standardization"]
