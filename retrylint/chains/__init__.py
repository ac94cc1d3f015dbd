"""Retries within retries: which function a call runs, and which retries an attempt makes on its way."""
