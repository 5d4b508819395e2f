"""Try other people's mail programs: python -m tests.interop, as root; needs Thunderbird."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.interop.conftest import ASKED

if __name__ == "__main__":
    os.environ[ASKED] = "1"
    sys.exit(pytest.main([str(Path(__file__).parent), "-v", *sys.argv[1:]]))
