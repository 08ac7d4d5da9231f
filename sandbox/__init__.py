"""A local RingCentral for demonstrations and tests."""
