"""The documentation. Some of its pages are written from the code: `make pages`."""
