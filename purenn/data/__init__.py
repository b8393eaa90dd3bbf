"""Data sets, their columns and parts, batches, and augmentation."""

from __future__ import annotations

from purenn.data.augmentations import cutmix as cutmix
from purenn.data.augmentations import cutout as cutout
from purenn.data.augmentations import gaussian_noise as gaussian_noise
from purenn.data.augmentations import mixup as mixup
from purenn.data.augmentations import random_erasing as random_erasing
from purenn.data.augmentations import random_flip as random_flip
from purenn.data.augmentations import random_shift as random_shift
from purenn.data.augmenting import Augmentation as Augmentation
from purenn.data.augmenting import AugmentedBatches as AugmentedBatches
from purenn.data.augmenting import Mixing as Mixing
from purenn.data.augmenting import augmented as augmented
from purenn.data.batches import Batch as Batch
from purenn.data.batches import Batches as Batches
from purenn.data.batches import Dataset as Dataset
from purenn.data.batches import arranged_batches as arranged_batches
from purenn.data.batches import batches_in_order as batches_in_order
from purenn.data.batches import dataset as dataset
from purenn.data.batches import shuffled_batches as shuffled_batches
from purenn.data.columns import Column as Column
from purenn.data.columns import Pair as Pair
from purenn.data.columns import Part as Part
from purenn.data.columns import Rows as Rows
from purenn.data.columns import ScaledBytes as ScaledBytes
from purenn.data.splitting import split as split
from purenn.data.standardization import Standardization as Standardization
from purenn.data.standardization import Standardized as Standardized
from purenn.data.standardization import standardization as standardization
