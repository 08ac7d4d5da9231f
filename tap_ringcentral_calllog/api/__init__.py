"""Requests to RingCentral: when they may leave, how they travel, what comes back."""
