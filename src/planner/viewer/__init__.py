"""The window: PySide6 and the VTK scene."""
