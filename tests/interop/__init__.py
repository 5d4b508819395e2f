"""Other people's mail programs, driven in a network of their own: do they read us, and we them?"""
