"""The layers. `_contract` says what a layer is."""

from __future__ import annotations

from purenn.layers._contract import Layer as Layer
from purenn.layers._contract import Pullback as Pullback
from purenn.layers._contract import Thunk as Thunk
from purenn.layers.activations import activation as activation
from purenn.layers.activations import leaky_relu as leaky_relu
from purenn.layers.activations import log_softmax as log_softmax
from purenn.layers.activations import relu as relu
from purenn.layers.activations import sigmoid as sigmoid
from purenn.layers.activations import softmax as softmax
from purenn.layers.activations import tanh as tanh
from purenn.layers.batch_norm import BatchNorm as BatchNorm
from purenn.layers.batch_norm import batch_norm as batch_norm
from purenn.layers.combinators import Block as Block
from purenn.layers.combinators import Both as Both
from purenn.layers.combinators import beside as beside
from purenn.layers.combinators import block as block
from purenn.layers.combinators import branches as branches
from purenn.layers.combinators import frozen as frozen
from purenn.layers.combinators import residual as residual
from purenn.layers.curves import elu as elu
from purenn.layers.curves import gelu as gelu
from purenn.layers.curves import gelu_tanh as gelu_tanh
from purenn.layers.curves import hard_tanh as hard_tanh
from purenn.layers.curves import mish as mish
from purenn.layers.curves import selu as selu
from purenn.layers.curves import silu as silu
from purenn.layers.curves import softplus as softplus
from purenn.layers.curves import softsign as softsign
from purenn.layers.dropout import dropout as dropout
from purenn.layers.embedding import Embedding as Embedding
from purenn.layers.embedding import embedding as embedding
from purenn.layers.linear import Linear as Linear
from purenn.layers.linear import linear as linear
from purenn.layers.reshaping import concatenate as concatenate
from purenn.layers.reshaping import flatten as flatten
from purenn.layers.reshaping import identity as identity
from purenn.layers.stacking import Stack as Stack
from purenn.layers.stacking import repeated as repeated
from purenn.layers.stacking import stack as stack
