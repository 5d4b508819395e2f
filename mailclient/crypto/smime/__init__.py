"""S/MIME (RFC 8551) by the `cryptography` package: a plug-in, found like any stranger's."""
