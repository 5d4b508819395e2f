"""mailclient: mail on your own computer, readable by nobody else."""

__version__ = "0.1.0"
