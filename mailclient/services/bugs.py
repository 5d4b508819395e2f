"""What a mistake of ours, or of a library, over a strange message may be.

That message is set aside, and the others come in.
"""

from __future__ import annotations

import re

BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,  # RecursionError is one
    StopIteration,
    TypeError,
    ValueError,  # what is wrong with characters is one
    re.error,
)
