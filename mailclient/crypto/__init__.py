"""Protection of messages, by plug-ins."""
