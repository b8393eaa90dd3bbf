"""Recipes for Fashion-MNIST: settings of runs, with the nets and augmentations they ask for."""

from __future__ import annotations

from typing import Literal

import attrs

from purenn import Labels, checks
from purenn.arrays import Images
from purenn.data import Batches, augmented, mixup, random_erasing, random_flip, random_shift
from purenn.datasets import CLASSES
from purenn.errors import OptionError
from trainer.experiment import Examples
from trainer.settings import Settings

Recipe = Literal["corrected", "mlp", "mlp-official", "cnn-small", "cnn", "quick"]


@attrs.frozen(kw_only=True)
class ImageSettings(Settings):
    """What decides the result; it is written to the folder's config.json."""

    net: Literal["mlp", "normalized-mlp", "cnn-small", "cnn"] = "mlp"
    """Linear layers, without or with batch normalization; or a convolutional net."""
    hidden: tuple[int, ...] = (784, 256, 128)
    learning_rate: float = 0.05
    warm_up: float = 0.05
    batch_size: int = 128
    epochs: int = 20
    flips: float = 0.0
    """The probability that an image is mirrored."""
    shifts: int = 0
    """The largest shift of an image, in pixels."""
    erasing: float = 0.0
    """The probability that a part of an image is erased."""
    mixup: float = 0.0
    """The alpha of mixup, which mixes pairs of images and their labels; 0 for none."""
    mirrored: bool = False
    """Average predictions over an image and its mirror image."""
    split: Literal["article", "official"] = "article"
    """The article's 56,000 training and 14,000 test images, or the official 60,000 and 10,000."""
    validation: int = 0
    """The number of training images set aside for validation after each epoch."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        checks.integer("--validation", self.validation, 0)
        checks.number("--flips", self.flips, least=0.0, most=1.0)
        checks.integer("--shifts", self.shifts, 0, 27)  # of 28 pixels
        checks.number("--erasing", self.erasing, least=0.0, most=1.0)
        checks.number("--mixup", self.mixup, least=0.0)
        if self.patience is not None and not self.validation:
            raise OptionError("--patience needs a validation part: add --validation 6000, say.")
        if self.mixup and self.loss != "softmax-cross-entropy":
            raise OptionError("--mixup needs --loss softmax-cross-entropy.")

    def augment(self, batches: Batches[Images, Labels]) -> Examples[Images]:
        """What the model sees in place of the batches."""
        changes = [random_flip(self.flips)] if self.flips else []
        changes += [random_shift(self.shifts)] if self.shifts else []
        changes += [random_erasing(self.erasing)] if self.erasing else []
        if self.mixup:
            return augmented(batches, *changes, mixing=mixup(self.mixup, len(CLASSES)))
        return augmented(batches, *changes)


MLP = ImageSettings(
    net="normalized-mlp",
    activation="gelu",
    optimizer="adam",
    learning_rate=0.001,
    weight_decay=0.05,
    dropout=0.4,
    warm_up=0.1,
    epochs=60,
)
CNN = attrs.evolve(
    MLP,
    net="cnn",
    activation="relu",
    learning_rate=0.003,
    label_smoothing=0.1,
    dropout=0.2,
    warm_up=0.25,
    split="official",
    epochs=25,
)
RECIPES: dict[Recipe, ImageSettings] = {
    "corrected": ImageSettings(),
    "mlp": MLP,
    "mlp-official": attrs.evolve(
        MLP,
        split="official",
        flips=0.5,
        mixup=0.2,
        mirrored=True,
        weight_decay=0.2,
        dropout=0.2,
        epochs=50,
    ),
    "cnn-small": attrs.evolve(CNN, net="cnn-small", weight_decay=0.1, epochs=20),
    "cnn": attrs.evolve(CNN, flips=0.5, erasing=0.5),
    "quick": attrs.evolve(
        MLP,
        activation="relu",
        hidden=(256, 128),
        batch_size=512,
        learning_rate=0.015,
        dropout=0.1,
        warm_up=0.25,
        split="official",
        epochs=12,
    ),
}
