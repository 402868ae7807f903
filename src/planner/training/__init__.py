"""Exercises and scoring."""
