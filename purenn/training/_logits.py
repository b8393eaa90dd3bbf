"""A loss of logits that gets probabilities: a mistake with which nets still train, but badly."""

from __future__ import annotations

from purenn import layers, losses
from purenn.errors import OptionError
from purenn.expressions import Call
from purenn.layers import Layer, beside, block, branches, flatten, frozen, lsuv, sigmoid, softmax
from purenn.losses import Loss
from purenn.portability import portable

# Their outputs, or means, are those of the layer or loss in this place of their arguments.
WRAPPERS: dict[object, int] = {
    **dict.fromkeys((block, frozen, lsuv, portable, losses.summed, losses.ignoring), 0),
    **dict.fromkeys((losses.weighted, losses.class_weighted), 0),
    losses.reporting: 1,
}

# The losses that take what these make probabilities of.
LOGITS: dict[object, tuple[object, ...]] = {
    sigmoid: (losses.binary_cross_entropy_with_logits, losses.sigmoid_focal),
    softmax: (losses.softmax_cross_entropy, losses.softmax_focal, losses.kullback_leibler),
}


UNKNOWN = Call(None)  # of a function of one's own, say


def call_of(value: object) -> Call:
    """What made a loss, a layer or the last of a chain but flatten(), inside of all wrappers."""
    if isinstance(value, Layer) and value.parts[-1] is not value:  # slices may have one part
        calls = map(call_of, value.parts[::-1])
        return next((one for one in calls if one.maker is not flatten), UNKNOWN)
    call = value.origin or value.expression if isinstance(value, Layer | Loss) else None
    if call is None or call.maker not in WRAPPERS:
        return call or UNKNOWN
    return call_of(call.arguments[WRAPPERS[call.maker]])


def require_logits(model: object, loss: object) -> None:
    """Check that a loss of logits, or of log-rates, does not get what a layer makes of them."""
    last, taker = call_of(model), call_of(loss)
    if last.maker in (branches, beside) and taker.maker is losses.combined:
        for head, term in zip(last.arguments, taker.arguments, strict=True):
            require_logits(head, term)
    if last.maker in LOGITS and any(taker.maker in takers for takers in LOGITS.values()):
        cure = "Leave out the softmax or sigmoid at its end, or take a loss of probabilities."
        raise OptionError(f"The loss: {loss!r} takes logits, the model gives probabilities. {cure}")
    if last.maker is layers.exponential and taker.maker is losses.poisson:
        cure = "Leave out the exponential at its end."
        raise OptionError(f"The loss: {loss!r} takes log-rates, the model gives rates. {cure}")
