"""Runs, versions and the alias of the champion: what this project shares with MLflow."""
