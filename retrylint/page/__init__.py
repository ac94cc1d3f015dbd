"""The report as one page of HTML: what stands on it (`view`), how it is drawn, and its templates."""
