"""The note's script of this name: `python -m helpers.glow_process_image`. It lives in helpers/firmware."""

import sys

from helpers.firmware.glow_process_image import main

if __name__ == "__main__":
    sys.exit(main())
