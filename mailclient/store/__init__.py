"""The encrypted store; all the SQL there is."""

from mailclient.store.store import Store

__all__ = ["Store"]
