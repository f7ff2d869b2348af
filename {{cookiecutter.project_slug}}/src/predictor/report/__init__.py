"""What a reader of the repository sees, written by the run."""
