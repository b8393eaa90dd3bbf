"""The layers. `_contract` says what a layer is."""

from __future__ import annotations

from purenn.layers._contract import Layer as Layer
from purenn.layers._contract import Pullback as Pullback
from purenn.layers._contract import Thunk as Thunk
from purenn.layers._images import Padding as Padding
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
from purenn.layers.conv import Conv as Conv
from purenn.layers.conv import conv as conv
from purenn.layers.dropout import dropout as dropout
from purenn.layers.embedding import Embedding as Embedding
from purenn.layers.embedding import embedding as embedding
from purenn.layers.linear import Linear as Linear
from purenn.layers.linear import linear as linear
from purenn.layers.pad import pad as pad
from purenn.layers.pooling import average_pool as average_pool
from purenn.layers.pooling import global_average_pool as global_average_pool
from purenn.layers.pooling import max_pool as max_pool
from purenn.layers.reshaping import concatenate as concatenate
from purenn.layers.reshaping import flatten as flatten
from purenn.layers.reshaping import identity as identity
from purenn.layers.stacking import Stack as Stack
from purenn.layers.stacking import repeated as repeated
from purenn.layers.stacking import stack as stack
