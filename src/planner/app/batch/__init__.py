"""Many studies, each outlined and measured in a process of its own."""
