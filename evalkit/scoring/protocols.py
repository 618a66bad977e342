"""Scoring protocols as data: the knobs of the one scoring loop, a toolkit and a family of benchmarks at a time.

A *family* is a group of benchmarks that a toolkit scores alike (``otb``, ``uav``, ``lasot``, ...), an attribute of a
benchmark's class; see ``docs/protocols.md`` for the sources of every row and what was verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evalkit.errors import InputError
from evalkit.scoring.rules import (
    Absent,
    Averaging,
    CurveRule,
    Denominator,
    FirstRow,
    Grid,
    Invalid,
    Length,
    LongTermRules,
    Measures,
    Normalized,
    Overlap,
    Region,
    Repair,
    Rules,
    Summary,
    SupervisedRules,
    Valid,
)
from evalkit.suggestions import suggestion

_WITH_NORMALIZED = ("auc", "precision", "normalized_precision", "sr50", "sr75")
_PIXELS = CurveRule(Grid.PIXELS, Summary.AT, at=20)
_NORMALIZED = CurveRule(Grid.HALF_BY_HUNDREDTHS, Summary.AT, at=20)
_MATLAB_SUCCESS = CurveRule(Grid.MATLAB_TWENTIETHS, Summary.MEAN)
_SUCCESS = CurveRule(Grid.TWENTIETHS, Summary.MEAN)

_OTB = Rules(
    length=Length.EXACT,
    repair=Repair.OTB,
    first_row=FirstRow.TRUTH,
    absent=Absent.SCORED,
    valid=Valid.POSITIVE,
    overlap=Overlap.INCLUSIVE,
    normalized_error=Normalized.NONE,
    invalid_error=Invalid.HIT,
    invalid_normalized=Invalid.HIT,
    denominator=Denominator.ALL_ROWS,
    averaging=Averaging.MEAN_OF_NONZERO,
    success=_MATLAB_SUCCESS,
    precision=_PIXELS,
    normalized=None,
    source="MATLAB tracker_benchmark v1.1 (calcSeqErrRobust.m, genPerfMat.m, plotDrawSave.m)",
)
_LASOT = replace(
    _OTB,
    length=Length.CUT,
    repair=Repair.LASOT,
    absent=Absent.DELETED,
    normalized_error=Normalized.DIVIDE_FIRST,
    normalized=_NORMALIZED,
    metrics=_WITH_NORMALIZED,
    source="LaSOT_Evaluation_Toolkit (eval_tracker.m, calc_seq_err_robust.m)",
)
_TNL2K = replace(
    _LASOT,
    normalized=replace(_NORMALIZED, summary=Summary.MEAN),
    source="TNL2K_evaluation_toolkit (Evaluate_TNL2K_dataset.m, utils/*.m)",
)
_OWN = replace(
    _OTB,
    valid=Valid.POSITIVE_FROM_ONE,
    normalized_error=Normalized.DIVIDE_FIRST,
    normalized=_NORMALIZED,
    metrics=("auc", "precision", "normalized_precision", "ao", "sr50", "sr75"),
    source="OTB's rules with coordinates counted from 1, and LaSOT's normalised precision beside them",
    remark="no official rule for one pass here: OTB's rules, with coordinates counted from pixel 1",
)
_UNREAD = replace(_OWN, remark="the benchmark's own evaluation code was not read: OTB's rules, counted from pixel 1")
_DEMO = replace(
    _OWN, absent=Absent.DELETED, denominator=Denominator.KEPT_ROWS, source="our own synthetic benchmark", remark=""
)
_GOT10K = Rules(
    length=Length.EXACT,
    repair=Repair.REFUSE_NAN,
    first_row=FirstRow.LEFT_OUT,
    absent=Absent.COVERED,
    valid=Valid.EVERY,
    overlap=Overlap.GOT10K,
    normalized_error=Normalized.NONE,
    invalid_error=Invalid.MISS,
    invalid_normalized=Invalid.MISS,
    denominator=Denominator.KEPT_ROWS,
    averaging=Averaging.POOLED,
    success=CurveRule(Grid.HUNDREDTHS, Summary.MEAN),
    precision=None,
    normalized=None,
    metrics=("ao", "sr50", "sr75"),
    source="got-10k/toolkit (experiments/got10k.py, utils/metrics.py)",
)
_TRACKINGNET = Rules(
    length=Length.CUT_OR_NAN,
    repair=Repair.ROUND,
    first_row=FirstRow.TRUTH,
    absent=Absent.SCORED,
    valid=Valid.EVERY,
    overlap=Overlap.INCLUSIVE,
    normalized_error=Normalized.SUBTRACT_FIRST,
    invalid_error=Invalid.MISS,
    invalid_normalized=Invalid.MISS,
    denominator=Denominator.ALL_ROWS,
    averaging=Averaging.MEAN,
    success=CurveRule(Grid.TWENTIETHS, Summary.AREA, inclusive=True),
    precision=CurveRule(Grid.PIXELS_21, Summary.AREA),
    normalized=CurveRule(Grid.HALF_21, Summary.AREA),
    metrics=("auc", "precision", "normalized_precision", "coverage"),
    missing_is_zero=True,
    source="TrackingNet-devkit (metrics.py, the code the server runs)",
)
_PYTRACKING = replace(
    _OTB,
    length=Length.CUT_OR_PAD,
    repair=Repair.PYTRACKING,
    normalized_error=Normalized.DIVIDE_FIRST,
    invalid_error=Invalid.MISS,
    averaging=Averaging.MEAN_FLOAT32,
    success=_SUCCESS,
    normalized=_NORMALIZED,
    metrics=_WITH_NORMALIZED,
    nan_truth_refused=True,
    source="pytracking (analysis/extract_results.py, plot_results.py)",
)
_PYTRACKING_UAV = replace(_PYTRACKING, invalid_error=Invalid.HIT, nan_truth_refused=False)
_PYTRACKING_LASOT = replace(
    _PYTRACKING, length=Length.CUT, absent=Absent.INVISIBLE, invalid_normalized=Invalid.ABSENT_MISS
)
# The special case for absent frames tests the tag 'lasot' only, so that here they are hits of normalised precision.
_PYTRACKING_LASOT_EXT = replace(_PYTRACKING, absent=Absent.INVISIBLE)

_PYSOT_TOOLKIT = replace(
    _OTB,
    repair=Repair.NONE,
    first_row=FirstRow.PREDICTED,
    valid=Valid.POSITIVE_CENTER,
    overlap=Overlap.CONTINUOUS,
    normalized_error=Normalized.DIVIDE_EPS,
    averaging=Averaging.MEAN,
    success=_SUCCESS,
    normalized=_NORMALIZED,
    metrics=_WITH_NORMALIZED,
    source="pysot-toolkit (evaluation/ope_benchmark.py, utils/statistics.py)",
)
_PYSOT_TOOLKIT_LASOT = replace(_PYSOT_TOOLKIT, absent=Absent.DELETED, cut_anyway=frozenset({"monkey-17"}))

_GOT10K_OTB = replace(
    _OTB,
    length=Length.CUT_BOTH,
    repair=Repair.NONE,
    valid=Valid.EVERY,
    overlap=Overlap.GOT10K,
    denominator=Denominator.KEPT_ROWS,
    averaging=Averaging.MEAN,
    success=_SUCCESS,
    omitted_rows=True,
    source="got-10k/toolkit (experiments/otb.py, uav123.py, lasot.py, nfs.py)",
)
_GOT10K_UAV = replace(_GOT10K_OTB, absent=Absent.NAN_DELETED)
_GOT10K_LASOT = replace(
    _GOT10K_UAV,
    normalized_error=Normalized.AT_LEAST_ONE,
    normalized=CurveRule(Grid.HALF_LINSPACE, Summary.MEAN),
    metrics=_WITH_NORMALIZED,
)

_VOT_TOOLKIT = SupervisedRules(
    Measures.VOT_TOOLKIT, length=Length.EXACT, nan_is_unknown=True, source="vot-toolkit 0.9.0"
)
_VOT_PYSOT = SupervisedRules(Measures.PYSOT, length=Length.CUT_BOTH, nan_is_unknown=False, source="pysot")

_VOT_LT = LongTermRules(
    Region.PIXELS,
    metrics=("f_score", "lt_precision", "lt_recall"),
    source="vot-toolkit 0.9.0 (vot/analysis/longterm.py)",
)
_OXUVA = LongTermRules(
    Region.BOXES,
    metrics=("tpr", "tnr", "gm", "maxgm"),
    source="oxuva/long-term-tracking-benchmark (python/oxuva/assess.py)",
)
LONG_TERM_BOXES = LongTermRules(
    Region.BOXES,
    metrics=(*_VOT_LT.metrics, *_OXUVA.metrics, "absence_auc", "redetected", "redetected_soon", "redetection_delay"),
    source="vot-toolkit's F, OxUvA's rates, and measures of our own (docs/protocols.md)",
)


def _ostrack(rules: Rules) -> Rules:
    """OSTrack's, STARK's and ODTrack's copy of pytracking's analysis, which accepts boxes with x or y <= 0."""
    return replace(rules, valid=Valid.SIZE, source="OSTrack (lib/test/analysis/extract_results.py)")


def _pysot(rules: Rules) -> Rules:
    return replace(rules, valid=Valid.SIZE_CENTER, source="pysot (toolkit/evaluation, toolkit/utils)")


_PYTRACKING_FAMILIES: Mapping[str, Rules] = {
    "otb": _PYTRACKING,
    "uav": _PYTRACKING_UAV,
    "lasot": _PYTRACKING_LASOT,
    "lasot_ext": _PYTRACKING_LASOT_EXT,
    "tnl2k": _PYTRACKING,
    "nfs": _PYTRACKING,
    "avist": _PYTRACKING_LASOT_EXT,  # flags of absent targets, but not the tag 'lasot'
    "own": _PYTRACKING,
    "unread": _PYTRACKING,
}
_PYSOT_FAMILIES: Mapping[str, Rules] = {
    "otb": _PYSOT_TOOLKIT,
    "uav": _PYSOT_TOOLKIT,
    "lasot": _PYSOT_TOOLKIT_LASOT,
    "nfs": _PYSOT_TOOLKIT,
    "own": _PYSOT_TOOLKIT,
    "unread": _PYSOT_TOOLKIT,
}
SUPERVISED = "supervised"
"""The family of results of VOT's supervised experiment, whichever year's."""
_ANY_ONE_PASS = (
    "otb",
    "uav",
    "lasot",
    "lasot_ext",
    "tnl2k",
    "nfs",
    "got10k",
    "avist",
    "own",
    "unread",
    "demo",
    "demo-lt",
    "oxuva",
)
AnyRules = Rules | SupervisedRules | LongTermRules
TABLE: Mapping[str, Mapping[str, AnyRules]] = {
    "official": {
        "otb": _OTB,
        "uav": replace(_OTB, source=f"{_OTB.source} with UAV123's configSeqs.m"),
        "lasot": _LASOT,
        "lasot_ext": replace(_LASOT, source=f"{_LASOT.source}; LaSOT_ext's own kit was not at hand"),
        "tnl2k": _TNL2K,
        "got10k": _GOT10K,
        "trackingnet": _TRACKINGNET,
        "own": _OWN,
        "unread": _UNREAD,
        "demo": _DEMO,
        "demo-lt": replace(LONG_TERM_BOXES, source="our own synthetic benchmark, long-term measures"),
        "vot-lt": _VOT_LT,
        "oxuva": _OXUVA,
        SUPERVISED: _VOT_TOOLKIT,
    },
    "pytracking": _PYTRACKING_FAMILIES,
    "ostrack": {family: _ostrack(rules) for family, rules in _PYTRACKING_FAMILIES.items()},
    "pysot": {family: _pysot(rules) for family, rules in _PYSOT_FAMILIES.items()} | {SUPERVISED: _VOT_PYSOT},
    "pysot-toolkit": _PYSOT_FAMILIES,
    "got10k": {
        "otb": _GOT10K_OTB,
        "uav": _GOT10K_UAV,
        "lasot": _GOT10K_LASOT,
        "nfs": _GOT10K_OTB,
        "got10k": _GOT10K,
        "own": _GOT10K_OTB,
        "unread": _GOT10K_OTB,
    },
    "vot-toolkit": {"vot-lt": _VOT_LT, SUPERVISED: _VOT_TOOLKIT},
    "long-term": {
        "vot-lt": replace(LONG_TERM_BOXES, region=Region.PIXELS),
        **dict.fromkeys(_ANY_ONE_PASS, LONG_TERM_BOXES),
    },
}
"""Rules by protocol and family."""


def rules_for(protocol: str, family: str) -> Rules:
    """The rules of a protocol that measure results of one pass over each sequence by success curves.

    Raises:
        InputError: for an unknown protocol, or one that does not score this family, or not by success curves.
    """
    rules = rules_of_pass(protocol, family)
    if isinstance(rules, Rules):
        return rules
    problem = f"protocol '{protocol}' measures long-term tracking on such benchmarks, over all sequences together"
    raise InputError(problem, hint="`stdtrack score` and `stdtrack report` give its figures")


def rules_of_pass(protocol: str, family: str) -> Rules | LongTermRules:
    """The rules of a protocol on results of one pass over each sequence.

    Raises:
        InputError: for an unknown protocol, or one whose toolkit does not score this family.
    """
    _require_known(protocol)
    rules = TABLE[protocol].get(family)
    if isinstance(rules, Rules | LongTermRules):
        return rules
    if SUPERVISED in TABLE[protocol] and not any(isinstance(each, Rules) for each in TABLE[protocol].values()):
        raise InputError(f"protocol '{protocol}' needs results of VOT's supervised experiment", hint="these are not")
    why = "no official evaluation code exists" if protocol == "official" else f"{protocol} does not score it"
    problem = f"protocol '{protocol}' does not apply to benchmarks of the {family} kind: {why}"
    raise InputError(problem, hint=", ".join(protocols_of(family)))


def supervised_rules(protocol: str) -> SupervisedRules:
    """The rules of a protocol on results of VOT's supervised experiment.

    Raises:
        InputError: for an unknown protocol, or one whose toolkit has no such measures.
    """
    _require_known(protocol)
    rules = TABLE[protocol].get(SUPERVISED)
    if isinstance(rules, SupervisedRules):
        return rules
    hint = suggestion(protocol, protocols_of(SUPERVISED), "use one of")
    raise InputError(f"protocol '{protocol}' has no rules for supervised VOT results", hint=hint)


def protocols_of(family: str) -> tuple[str, ...]:
    """Names of the protocols that score a family."""
    return tuple(name for name, families in TABLE.items() if family in families)


def _require_known(protocol: str) -> None:
    if protocol not in TABLE:
        raise InputError(f"unknown protocol '{protocol}'", hint=suggestion(protocol, TABLE, "known"))
