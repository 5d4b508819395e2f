"""Messages as values: bytes in, values out; pure, no input or output."""
