"""Runs the failure path of a retry with abstract values, while an adversary makes the operation fail every time."""
