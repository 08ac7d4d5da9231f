"""Streams, one module for each family of RingCentral resources."""
