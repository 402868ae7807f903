"""The border at which what the rooms say in English is said in the language of the window."""
