"""Page shell, components, tables, forms, exports, problem+json. No models."""
