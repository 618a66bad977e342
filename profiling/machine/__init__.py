"""The machine: cores, energy, memory, calibration."""
