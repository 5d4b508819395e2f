"""Where mail to be imported lies, and what other programs noted about it beside its bytes."""
