"""Simulated X-ray: arrays in, arrays out."""
