"""User preferences."""
