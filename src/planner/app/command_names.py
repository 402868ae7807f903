"""The names of the commands, apart from their options, which need half of the program."""

COMMANDS = frozenset(
    {
        "assess", "batch", "bench", "calibrate", "control", "convert", "correct", "deidentify",
        "demo", "devices", "doctor", "export", "inspect", "outcome", "pacs", "phantom", "plan",
        "register", "report", "room", "rules", "segment", "simulate", "suggest", "train", "view",
    }
)  # fmt: skip
"""Names of the commands; anything else that is a place is opened in the window."""
