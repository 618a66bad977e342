"""Is a tracker's confidence worth anything: calibration, selective risk, telling that the target is lost or gone."""
