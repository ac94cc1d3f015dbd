"""What users type: a module a command, and what the commands share."""

CLEAN, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130
"""The exit codes."""
