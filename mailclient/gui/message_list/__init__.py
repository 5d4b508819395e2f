"""The list of messages."""
