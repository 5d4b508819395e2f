"""Sessions with mail servers; the only place that opens a socket."""
