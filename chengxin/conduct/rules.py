"""The rules of 文明言行: pure, beside their clauses."""
