"""The rules of 竞赛会操: pure, beside their clauses."""
