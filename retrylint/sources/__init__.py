"""Where files come from: paths in, text and the comments that silence findings out."""
