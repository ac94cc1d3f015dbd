"""Hand-written loops: which of them retry, which only look alike, and why. Pure functions over `retrylint.code`."""
