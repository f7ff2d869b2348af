"""`predictor adopt`: any table instead of the bundled data."""
