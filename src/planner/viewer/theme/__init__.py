"""Colours, type and spacing of the window."""
