"""libcst lowered to `retrylint.code`, on an explicit stack: a table of rules by node type."""
