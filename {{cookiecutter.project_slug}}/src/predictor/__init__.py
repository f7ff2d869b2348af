"""A model from raw rows to an answer over HTTP: pipeline, registry and service."""
