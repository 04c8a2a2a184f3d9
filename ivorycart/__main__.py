"""``python -m ivorycart``: the composition root under another name."""

import sys

from server import operate

if __name__ == "__main__":
    sys.exit(operate())
