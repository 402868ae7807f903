"""Reads resources into frozen records, with checks."""
