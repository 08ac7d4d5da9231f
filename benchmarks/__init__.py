"""Compares the tap with the theoretical optimum and with other tools for the same job."""
