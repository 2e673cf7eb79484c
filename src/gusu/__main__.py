"""`python -m gusu`, which `./gusu` calls."""

import sys

from gusu.site.cli import main

sys.exit(main(sys.argv[1:]))
