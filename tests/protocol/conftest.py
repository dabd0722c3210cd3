"""Property tests on a machine that is busy with other things."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A deadline or a complaint about slow generation would measure the machine, not the code.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("unhurried")
