"""Checks of the contracts, for layers, losses and optimizers of your own.

>>> import numpy as np
>>> import purenn as nn
>>> check_layer(nn.linear(3) >> nn.tanh(), np.ones((4, 2)))
>>> check_loss(nn.mean_squared_error(), np.ones((4, 2)), np.zeros((4, 2)))
>>> check_optimizer(nn.adam(0.01), (np.ones((2, 3)), np.ones(3)))
"""

from purenn.testing.contracts import check_layer, check_loss, check_optimizer
from purenn.testing.environments import check_portable, check_portable_call, environments
from purenn.testing.trials import ContractError

__all__ = ["ContractError", "check_layer", "check_loss", "check_optimizer", "check_portable"]
__all__ += ["check_portable_call", "environments"]
