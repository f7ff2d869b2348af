"""The command line: one module for each panel of `predictor --help`."""
