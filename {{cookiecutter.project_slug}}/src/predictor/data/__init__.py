"""Rows on their way from a file to the model: typed, checked, without what leaks."""
