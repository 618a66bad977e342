"""What is profiled: one tracker under one setting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """One tracker (or module) under one setting.

    Attributes:
        spec: what is loaded; a tracker's backend and device are options in it.
        threads: of every library in the worker.
        device: ``cpu`` or ``cuda``.
        backend: what runs the network, perhaps with its precision (``onnx:int8``); empty for the tracker's own.
        name: what the user wrote, if that differs from ``spec``.
        cores: what its process is bound to; empty for all.
    """

    spec: str
    threads: int = 1
    device: str = "cpu"
    backend: str = ""
    name: str = ""
    cores: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """Name, backend and device: what jobs with other numbers of threads share."""
        extra = [self.backend] if self.backend else []
        extra += [self.device] if self.device != "cpu" else []
        name = self.name or self.spec
        return f"{name} [{', '.join(extra)}]" if extra else name

    @property
    def label(self) -> str:
        """Tells jobs apart."""
        return self.title if self.threads == 1 else f"{self.title} x{self.threads}"
