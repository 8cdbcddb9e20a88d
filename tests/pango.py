"""Whether PDFs can be printed here, without asking the service, which would be started for that."""

from ctypes.util import find_library

import pytest

HAS_PANGO = find_library("pango-1.0") is not None
needs_pango = pytest.mark.skipif(not HAS_PANGO, reason="the system has no Pango")
