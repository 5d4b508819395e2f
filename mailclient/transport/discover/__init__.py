"""Finding the servers behind an address: who is asked, in which order, and what is believed."""
