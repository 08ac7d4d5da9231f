"""The main job without an account: `make demo`."""
