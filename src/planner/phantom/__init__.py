"""The digital spine and its truth."""
