"""One module per family of commands; each command is a function of its arguments."""
