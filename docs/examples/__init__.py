"""Examples to copy: the client of the API, and what is done with it."""
