"""Stands in for a node: writes down how it was started, then ends.

Of the parameter files it keeps the contents of those that the launcher has made.
"""

import json
import os
import sys
from pathlib import Path

KEPT = ("CASE_", "ROS_LOG_DIR")

files = [sys.argv[i + 1] for i, word in enumerate(sys.argv[:-1]) if word == "--params-file"]
record = {
    "argv": sys.argv,
    "directory": str(Path.cwd()),
    "environment": {k: v for k, v in sorted(os.environ.items()) if k.startswith(KEPT)},
    "parameters": [
        Path(file).read_text(encoding="utf-8") for file in files if "launch_params_" in file
    ],
}
folder = Path(os.environ["LAUNCH_RECORDS"])
(folder / f"{os.getpid()}.json").write_text(json.dumps(record), encoding="utf-8")
