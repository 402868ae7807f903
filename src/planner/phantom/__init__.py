"""The digital spine and its truth."""

from planner.phantom.make import Phantom, make_phantom, truth_document
from planner.phantom.recipe import Recipe, parse_lesion, parse_levels

__all__ = [
    "Phantom",
    "Recipe",
    "make_phantom",
    "parse_lesion",
    "parse_levels",
    "truth_document",
]
