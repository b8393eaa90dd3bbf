"""The published article's three trainings, repeated with its own random numbers."""
