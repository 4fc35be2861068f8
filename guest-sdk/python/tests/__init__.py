"""The runner's tests, against a host that is a few Python modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("fake_host")))
