"""The rules of 主题活动: pure, beside their clauses."""
