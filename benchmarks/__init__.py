"""Measures the tap against what it could be at best, and against other ways to do its job."""
