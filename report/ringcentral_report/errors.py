"""The error that the user can resolve."""

from __future__ import annotations


class ReportError(Exception):
    """A report cannot be made; the message is one line that says why, and what to do."""
