"""Corridors, trajectory measures and proposals."""
