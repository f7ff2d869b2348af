"""`python -m predictor`, where the script is not on the path."""

from predictor.cli.main import main

main()
