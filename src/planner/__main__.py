"""``python -m planner`` is the same as ``planner``."""

import sys

from planner.app.main import main

sys.exit(main())
