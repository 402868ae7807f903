"""Ablation zones and cement: arrays in, arrays out."""
