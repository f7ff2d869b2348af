"""Proof that a clone gives the recorded result, and no worse one."""
