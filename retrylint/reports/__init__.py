"""Findings and sites as text and as JSON: functions of what was found, used by the command alone."""
