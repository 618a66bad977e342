"""Which figures tables show: ``--metrics``, by names or by labels as papers print them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evalkit.errors import InputError
from evalkit.scoring.metrics import METRICS
from evalkit.suggestions import suggestion

INTERVAL, FPS, PARAMETERS, MACS = "interval", "fps", "parameters", "macs"
BESIDE: Mapping[str, str] = {INTERVAL: "interval", FPS: "FPS", PARAMETERS: "Params [M]", MACS: "MACs [G]"}
"""What can stand beside metrics: the headline metric's interval, the speed, the size; headings by name."""


def chosen_metrics(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of the figures meant, each once.

    Raises:
        InputError: there is no such figure.

    >>> chosen_metrics(["AUC", "p_norm", "fps"])
    ('auc', 'normalized_precision', 'fps')
    """
    known = {name.lower(): name for name in (*METRICS, *BESIDE)}
    known |= {metric.label.lower(): name for name, metric in METRICS.items() if metric.label.lower() not in known}
    for text in texts:
        if text.lower() not in known:
            raise InputError(f"there is no metric '{text}'", hint=suggestion(text, known))
    return tuple(dict.fromkeys(known[text.lower()] for text in texts))
