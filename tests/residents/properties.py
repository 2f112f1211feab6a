"""How often a property of the importers is tried: MINPING_EXAMPLES=10000 runs long."""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("MINPING_EXAMPLES", "300"))
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
