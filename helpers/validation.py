"""The note's script of this name: `python -m helpers.validation`. It lives in helpers/network."""

import sys

from helpers.network.validation import main

if __name__ == "__main__":
    sys.exit(main())
