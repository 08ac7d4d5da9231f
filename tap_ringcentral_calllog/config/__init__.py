"""The settings: what there is to set, and their checks."""
