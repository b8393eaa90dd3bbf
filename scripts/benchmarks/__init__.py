"""The parts of scripts/benchmark.py: workloads, contenders, and how they are measured.

Each contender runs in a process of its own (`worker`), which imports nothing but what that
contender needs. The modules of the peers are the only ones that import them.
"""
