"""The steps from an address to arriving mail."""
