"""A training run with settings of your own, whatever it trains on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Generic, TypeVar

import attrs

import purenn as nn
from console import cadence, follow, say, standard_output
from figures import draw_records
from purenn import runs
from purenn.data import Batch, Batches
from purenn.optimizers import Norm, report_global_norm, scale_by_adam, unchanged
from purenn.runs.training import EpochBatches
from purenn.tree import leaves
from trainer.settings import Settings

P = TypeVar("P")
S = TypeVar("S")
X = TypeVar("X")

# The batches of an epoch, with labels or rows of probabilities.
Examples = EpochBatches[Batch[X, nn.Matrix | nn.Labels]]

STOPS_BY = "validation_loss"


@attrs.frozen(eq=False)
class Parts(Generic[X]):
    """What is trained on; what is measured after each epoch, and its name; what at the end.

    The name is "validation", or "training" for some of the samples that are trained on.
    """

    train: nn.Dataset[X, nn.Labels]
    watched: nn.Dataset[X, nn.Labels]
    watched_name: str
    test: nn.Dataset[X, nn.Labels]


@attrs.frozen(eq=False)
class Experiment(Generic[P, X]):
    """A run, ready to be performed."""

    settings: Settings
    model: nn.Layer[P, X, nn.Matrix]
    parts: Parts[X]
    draw: Callable[[P, Path], None]  # shows in a folder what the final parameters can do
    # What the model sees in place of the batches.
    augment: Callable[[Batches[X, nn.Labels]], Examples[X]] = lambda batches: batches

    def perform(self, folder: AbstractContextManager[runs.Run]) -> None:
        """Train, measure on the test part, draw, and sum up."""
        settings = self.settings
        rates = settings.rates(len(self._batches(nn.Key(0), 0)))
        decay = nn.weight_decay(settings.weight_decay) if settings.weight_decay else unchanged()
        clip = _clipping(settings)
        if settings.optimizer == "adam":
            self._train(folder, nn.descend(clip >> scale_by_adam() >> decay, rates))
        else:
            self._train(folder, nn.descend(clip >> decay >> nn.momentum(settings.momentum), rates))

    def _batches(self, key: nn.Key, epoch: int) -> Examples[X]:
        size = self.settings.batch_size
        return self.augment(nn.shuffled_batches(self.parts.train, size, key, epoch))

    def _train(self, folder: AbstractContextManager[runs.Run], optimizer: nn.Optimizer[S]) -> None:
        """Train in the folder, if a step can be done: settings that are refused begin no run."""
        settings, patience, key = self.settings, self.settings.patience, nn.Key(self.settings.seed)
        first = optimizer.init(self.model.init(key.child("init"), self.parts.train.example))
        step = nn.training_step(self.model, settings.objective.loss, optimizer)
        batches = self._batches(key.child("batches"), 0)
        for batch in batches[len(batches) - 1 :]:
            step(first, batch)
        with folder as run:
            start = runs.begin(run, first, repr(self.model), key.child("batches"))
            until = None if patience is None else runs.patience(STOPS_BY, patience)
            best = None if patience is None else runs.best(STOPS_BY)
            given = run, start, step, self._batches, settings.epochs, self._measure
            often = cadence(settings.epochs)
            training = runs.train(*given, until=until, best=best, cadence=often)
            self._finish(run, follow(training, start, len(batches), settings.epochs))

    def _finish(self, run: runs.Run, end: runs.Progress[P, S]) -> None:
        console, params, final = standard_output(), end.state.params, dict[str, float]()
        if self.settings.patience is not None:
            params = nn.load(run.best, like=params)
            final["best_epoch"] = 1 + runs.best_epoch(end.records, STOPS_BY)
            say(console, f"The best epoch was {final['best_epoch']}. Its parameters are kept.")
        final["test_accuracy"] = nn.evaluate(self.model, params, self.parts.test, nn.accuracy)
        final["parameters"] = sum(leaf.size for leaf in leaves(params))
        draw_records(run.folder, end.records)
        self.draw(params, run.folder)
        summary = runs.finish(run, end, final)
        say(console, f"Test accuracy: {100 * final['test_accuracy']:.2f} %")
        say(console, f"Digest of the parameters: {summary.digest}")
        say(console, f"Results and pictures are in {run.folder}.")

    def _measure(self, progress: runs.Progress[P, S]) -> dict[str, float]:
        params, name = progress.state.params, self.parts.watched_name
        right = nn.evaluate(self.model, params, self.parts.watched, nn.accuracy)
        found = {"loss": progress.mean_loss, f"{name}_accuracy": right}
        if name == "validation":
            loss = self.settings.objective.loss
            found[STOPS_BY] = nn.evaluate(self.model, params, self.parts.watched, loss)
        return {**found, "gradient_norm": progress.norm}


def _clipping(settings: Settings) -> nn.Transform[tuple[Norm, nn.Empty]]:
    if settings.clip == "norm":
        return nn.clip_by_global_norm(settings.clip_limit) >> unchanged()
    if settings.clip == "value":
        return report_global_norm() >> nn.clip_by_value(settings.clip_limit)
    return report_global_norm() >> unchanged()
