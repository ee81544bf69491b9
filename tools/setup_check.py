"""Say what is missing before set-up starts, naming the Debian package. Runs on any Python 3."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Kizuna needs Python 3.11 or later; this is %d.%d.\n"
        "Install a newer one (Debian 12 and Ubuntu 24.04 have it: sudo apt install python3 python3-venv)\n"
        "and, if it is not the default, run: make PYTHON=python3.12 ..." % sys.version_info[:2]
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("Python's venv module is missing. Install it with: sudo apt install python3-venv")
