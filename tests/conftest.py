"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# Input for the type checker, half of it wrong on purpose: never to be imported.
collect_ignore = ["typing"]

# A busy machine is no failure. All else stays as Hypothesis sets it: in CI, without randomness.
settings.register_profile("purenn", settings(), deadline=None)
settings.load_profile("purenn")
