"""Logging in, and keeping the login valid."""
