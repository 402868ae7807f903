"""The plan document, its commands, its history and its file."""
