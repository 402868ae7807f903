"""Slice panes and the 3-D scene."""
