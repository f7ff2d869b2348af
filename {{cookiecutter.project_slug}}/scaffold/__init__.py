"""Make the project your own; `python -m scaffold finish` removes this folder at the end."""
