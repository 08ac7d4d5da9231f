"""Recordings and attachments: how they are fetched, and where they are kept."""
