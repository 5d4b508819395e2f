"""Signing in through the provider's own page (OAuth 2.0): values, rules, listener, requests."""
