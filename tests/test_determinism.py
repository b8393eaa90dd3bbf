"""The same bits from one process to the next, whatever the environment has nothing to do with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import numpy as np
import purenn as nn
from purenn.saving import digest
model = nn.linear(64) >> nn.batch_norm() >> nn.relu() >> nn.dropout(0.3)
model = model >> nn.residual(nn.linear(64)) >> nn.linear(3)
key = nn.Key(7)
x = key.child("data").generator().standard_normal((600, 200)).astype(np.float32)
data = nn.dataset(x, np.abs(x[:, :3]).argmax(axis=1))
chain = nn.clip_by_global_norm(1.0) >> nn.optimizers.scale_by_adam() >> nn.weight_decay(0.1)
optimizer = nn.optimizers.averaged(nn.descend(chain, 0.01), 0.9)
state = optimizer.init(model.init(key, data.example))
step = nn.training_step(model, nn.softmax_cross_entropy(), optimizer)
for epoch in range(3):
    state, reports = nn.fold(step, state, nn.shuffled_batches(data, 64, key, epoch))
losses, found = np.array([report.loss for report in reports]), nn.predict(model, state.params, x)
print(digest((state.params, state.slots, losses, found)))
"""


@pytest.mark.slow
def test_the_same_program_gives_the_same_bits_in_every_process(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    alike = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "1"}
    other = {**alike, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"}
    each = alike, alike, other
    found = [subprocess.check_output(command, env=env, cwd=tmp_path) for env in each]
    assert len(found[0]) == 65
    assert found == found[:1] * 3
