"""Checks of the contracts, for layers, losses and optimizers of your own.

>>> import numpy as np
>>> import purenn as nn
>>> check_layer(nn.linear(3) >> nn.tanh(), np.ones((4, 2)))
>>> check_loss(nn.mean_squared_error(), np.ones((4, 2)), np.zeros((4, 2)))
>>> check_optimizer(nn.adam(0.01), (np.ones((2, 3)), np.ones(3)))
"""

from __future__ import annotations

from purenn.testing.contracts import check_layer as check_layer
from purenn.testing.contracts import check_loss as check_loss
from purenn.testing.contracts import check_optimizer as check_optimizer
from purenn.testing.environments import check_portable as check_portable
from purenn.testing.environments import check_portable_call as check_portable_call
from purenn.testing.environments import environments as environments
from purenn.testing.purity import ContractError as ContractError
