"""制度: clauses with their wording, dated rules with their sources, the work calendar."""
