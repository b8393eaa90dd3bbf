from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from jax import Array

_Tree = TypeVar("_Tree")

# What an optimizer keeps is its own business: it is handed on and not looked into.
OptState: TypeAlias = object

class _Init(Protocol):
    def __call__(self, params: object) -> OptState: ...

class _Update(Protocol):
    def __call__(
        self, updates: _Tree, state: OptState, params: _Tree | None = None
    ) -> tuple[_Tree, OptState]: ...

class GradientTransformation(NamedTuple):
    init: _Init
    update: _Update

def apply_updates(params: _Tree, updates: _Tree) -> _Tree: ...
def chain(*args: GradientTransformation) -> GradientTransformation: ...
def clip(max_delta: float) -> GradientTransformation: ...
def sgd(learning_rate: float, momentum: float | None = None) -> GradientTransformation: ...
def sigmoid_binary_cross_entropy(logits: Array, labels: Array) -> Array: ...
def softmax_cross_entropy_with_integer_labels(logits: Array, labels: Array) -> Array: ...
