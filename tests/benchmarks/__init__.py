"""Benchmarks beside the peers, in one run: ratios, never a limit."""
