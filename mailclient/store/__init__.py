"""The store: one encrypted SQLite file that holds mail, accounts, queue, ledger and settings.

All the SQL of the program is in this package. What is inside is committed before it is shown.
"""

from mailclient.store.store import Store

__all__ = ["Store"]
