"""The whole pipeline without an account: `make demo`."""
