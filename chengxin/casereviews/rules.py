"""The rules of 案卷评查: pure, beside their clauses."""
