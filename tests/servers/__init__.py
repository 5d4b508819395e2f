"""Real mail servers on the loopback for the tests."""
