"""The plan document: commands, history and the file."""
