"""What the bridge needs to find on AWS: computed from the contracts, compared with what is there, made, and exported.

`desired` says what should be, `actual` reads what is, `diff` names the difference, `apply` and `destroy` act on it.
"""
