"""Keys and people."""
