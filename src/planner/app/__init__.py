"""Composition root: the command line, logging and wiring."""
