"""Qt-free use cases, presenters and background jobs."""
