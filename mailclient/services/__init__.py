"""Use cases: plain blocking functions over injected parts."""
