"""The encrypted store; all the SQL there is."""
