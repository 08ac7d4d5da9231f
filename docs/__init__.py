"""The documentation. `make pages` writes some of its pages from the code."""
