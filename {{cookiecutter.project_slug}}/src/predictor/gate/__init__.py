"""From the measurements of a candidate to a verdict: may it answer for us?"""
