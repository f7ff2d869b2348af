"""The tools around the project: git, uv, DVC and Docker, run on its behalf."""
