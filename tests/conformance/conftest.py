"""Which tests can be held with this Python."""

from __future__ import annotations

import sys

# The package that ships SARIF's schema needs Python 3.11; what is printed does not depend on it.
collect_ignore = ["test_sarif_schema.py"] if sys.version_info < (3, 11) else []
