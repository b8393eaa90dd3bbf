"""The same bits on every machine."""

from __future__ import annotations

import attrs

from purenn import checks
from purenn.expressions import Call, E, Expressed, is_like, rebuilt
from purenn.kernels.portable.ops import PORTABLE

CURE = "Give a layer or a loss; a function of your own stays as it is."


def portable(value: E) -> E:
    """Make a layer or loss portable: computed with the same bits on every machine.

    BLAS sums in another order on each kind of processor and with each number of threads, and the
    exponential and similar functions depend on the instruction set: the same training gives other
    weights on another machine. Made portable, a model and a loss give the same bits everywhere, in
    two to four times the time of a step. Parameters are the same and can be exchanged. purenn's
    optimizers, schedules, initializers, metrics and batches are portable as they are; but NumPy's
    normal numbers beyond 3.65 deviations take a float64 logarithm of the C library, and Microsoft's
    was seen to give another last bit. The sign of a NaN depends on the processor.

    In chains and other layers made of layers, the parts become portable. Layers of your own stay as
    they are: `purenn.testing.check_portable` tells whether they are portable, and
    `check_portable_call` whether losses of your own are.

    >>> import purenn as nn
    >>> nn.portable(nn.linear(8) >> nn.relu() >> nn.linear(1))
    portable(linear(8)) >> relu() >> portable(linear(1))
    """
    checks.instance("The argument of portable", value, Expressed, CURE)
    if value.expression is not None and value.expression.maker is portable:
        return value
    made = rebuilt(value, Expressed, portable)
    if made.in_ops is None:
        return made
    found = attrs.evolve(made.in_ops(PORTABLE))
    object.__setattr__(found, "expression", Call(portable, (value,)))
    return found if is_like(found, value) else value


def is_portable(value: object) -> bool:
    """Whether a layer or loss has no part that `portable` would change.

    Functions of one's own count as portable within a model, but not by themselves.
    """
    return isinstance(value, Expressed) and portable(value) == value
