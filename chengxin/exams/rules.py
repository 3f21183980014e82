"""The rules of 考试: pure, beside their clauses."""
