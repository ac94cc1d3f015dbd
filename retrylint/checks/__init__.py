"""The rules: one explicit table, pure functions from facts to findings."""
