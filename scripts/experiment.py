"""A training run with settings of one's own, whatever it trains on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import attrs
from rich.console import Console

from objectives import Objective
from options import Training
from purenn import (
    Batches,
    Dataset,
    Key,
    Labels,
    Layer,
    Matrix,
    Optimizer,
    clip_by_global_norm,
    clip_by_value,
    evaluate,
    global_norm_report,
    learning_rate,
    momentum,
    runs,
    shuffled_batches,
    to_dtype,
    training_step,
    value_of,
)
from training_loop import follow

P = TypeVar("P")
S = TypeVar("S")
X = TypeVar("X")

INIT, SHUFFLE, DATA = 0, 1, 2


@attrs.frozen(eq=False)
class Parts(Generic[X]):
    """What is trained on, and what is measured after each epoch.

    Args:
        train: the samples to train on.
        watched: samples of the same kind to measure on.
        watched_name: what these are: "validation" or "training".
    """

    train: Dataset[X, Labels]
    watched: Dataset[X, Labels]
    watched_name: str


@attrs.frozen(eq=False)
class Experiment(Generic[P, X]):
    """A run, ready to be performed.

    Args:
        run: its folder.
        console: where progress is shown.
        settings: how to train.
        model: from inputs to what the objective takes.
        objective: what is descended on.
        parts: the data.
        conclude: draws pictures from the final parameters and the records, and measures on the
            test data; what it gives goes into the summary.
    """

    run: runs.Run
    console: Console
    settings: Training
    model: Layer[P, X, Matrix]
    objective: Objective
    parts: Parts[X]
    conclude: Callable[[P, tuple[runs.Record, ...]], Mapping[str, float]]

    def perform(self) -> runs.Summary:
        """Train to the end, conclude, and sum up."""
        options = self.settings
        steps = len(self._batches(self._key, 0))
        keep, rate = momentum(options.momentum), learning_rate(options.rates(steps))
        if options.clip == "norm":
            clip = clip_by_global_norm(options.clip_limit)
            return self._train(Optimizer(clip >> keep >> rate))
        report = global_norm_report()
        if options.clip == "value":
            limit = clip_by_value(options.clip_limit)
            return self._train(Optimizer(report >> limit >> keep >> rate))
        return self._train(Optimizer(report >> keep >> rate))

    @property
    def _key(self) -> Key:
        """What the batches of all epochs follow from."""
        return Key(self.settings.seed).fold_in(SHUFFLE)

    def _batches(self, key: Key, epoch: int) -> Batches[X, Labels]:
        return shuffled_batches(self.parts.train, self.settings.batch_size, key, epoch)

    def _train(self, optimizer: Optimizer[S]) -> runs.Summary:
        key = Key(self.settings.seed).fold_in(INIT)
        first, _ = self.model.init(key, self.parts.train.inputs.shape)
        params = to_dtype(first, self.settings.float_dtype)
        end = follow(
            self.run,
            self.console,
            runs.begin(self.run, optimizer.init(params), repr(self.model), self._key),
            training_step(self.model, self.objective.loss, optimizer),
            self._batches,
            self.settings.epochs,
            self._measure,
        )
        final = self.conclude(end.state.params, end.records)
        return runs.finish(self.run, end, final)

    def _measure(self, progress: runs.Progress[P, S]) -> dict[str, float]:
        params = progress.state.params
        name, data = self.parts.watched_name, self.parts.watched
        right = evaluate(self.model, params, data, self.objective.accuracy)
        found = {"loss": progress.mean_loss, f"{name}_accuracy": right}
        if name == "validation":
            measure = value_of(self.objective.loss)
            found["validation_loss"] = evaluate(self.model, params, data, measure)
        return {**found, "gradient_norm": progress.norm}
