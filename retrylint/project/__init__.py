"""What the modules of a project tell each other: constants, classes and retry helpers that are imported."""
