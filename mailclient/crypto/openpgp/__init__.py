"""OpenPGP by GnuPG: the plug-in that ships, found like any stranger's."""
