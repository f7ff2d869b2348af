"""A small GitHub Actions runner: enough to run the workflows of this repository, and no more.

What it does not know (a key, an action, a function, a context) is an error, never skipped.
"""
