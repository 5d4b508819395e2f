"""The demo: two people, their keys, and a mail server of their own on this machine.

It is the full program on a throw-away profile; only the people and the server are made up. Nothing
here is reachable from another machine, and nothing of the user's own mail or keys is touched.
"""
