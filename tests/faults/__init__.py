"""Faults: what must not go wrong, each with an oracle outside of the program."""
