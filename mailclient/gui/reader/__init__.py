"""What shows one message."""
