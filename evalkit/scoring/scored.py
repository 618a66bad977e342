"""Scores of many trackers on many benchmarks, and all that there is to know about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from evalkit.errors import InputError
from evalkit.scoring.naming import Named, Naming, as_naming, named_scores, settle
from evalkit.suggestions import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.results.tracker_results import TrackerResults
    from evalkit.scoring.evaluate import Caveat, Refused
    from evalkit.scoring.explain import Difference
    from evalkit.scoring.opening import Annotation
    from evalkit.scoring.quality.results import Quality
    from evalkit.scoring.scores import BenchmarkScore

GROUPINGS = ("attribute",)
"""By what the sequences of a benchmark can be grouped."""


@dataclass(frozen=True)
class Scored:
    """What was scored on one benchmark.

    Attributes:
        annotation: the ground truth.
        results: the raw results that have scores.
        scores: a tracker's under each protocol, then the next tracker's.
        refused: the trackers that are left out.
    """

    annotation: Annotation
    results: tuple[TrackerResults, ...]
    scores: tuple[BenchmarkScore, ...]
    refused: tuple[Refused, ...]

    def attributes(self, score: BenchmarkScore) -> list[BenchmarkScore]:
        """A score on the sequences of each attribute; none where the benchmark has no attributes."""
        from evalkit.scoring.aggregation import by_attribute
        from evalkit.scoring.protocols import rules_for

        if score.experiment != "ope":  # measured on all sequences together
            return []
        attributes = self.annotation.benchmark.attributes
        names = (*(each.sequence for each in score.sequences), *score.missing, *score.excluded)
        by_name = {name: attributes.of(name) for name in names}
        benchmark = self.annotation.benchmark
        rules = rules_for(score.protocol, benchmark.family)
        return by_attribute(score, by_name, rules, attributes.source, clip_of=benchmark.clip_of)

    def quality(self) -> tuple[Quality, ...]:
        """What each tracker's confidence is worth; see :meth:`Scores.quality`."""
        from evalkit.scoring.quality.judging import quality_of

        return tuple(quality_of(results, self.annotation) for results in self.results)

    def named(self, named: Named) -> Scored:
        """The same under the trackers' labels."""
        results = tuple(replace(one, tracker=named.label(one.tracker)) for one in self.results)
        refused = tuple(replace(one, tracker=named.label(one.tracker)) for one in self.refused)
        return replace(self, results=results, scores=tuple(named_scores(self.scores, named)), refused=refused)


@dataclass(frozen=True, repr=False)
class Scores:
    """Scores of many trackers on many benchmarks under many protocols; iterating gives each as a ``BenchmarkScore``.

    Attributes:
        parts: what was scored, a benchmark each.
        caveats: what to know about the figures: how results were read, what looks wrong.
        refused: trackers that were left out, each with its benchmark and the error that says why.
        grouping: ``attribute`` where iterating also gives the scores on the sequences of each attribute.
        naming: how trackers are called and ordered, see :meth:`named`.

    Example:
        >>> import evalkit
        >>> scores = evalkit.score("results", on="folder", data="clips")
        >>> scores.per_sequence()[["tracker", "sequence", "auc"]].round(3)
          tracker sequence    auc
        0    mine      one  0.917
        1    mine      two  0.845
        2  theirs      one  0.774
        3  theirs      two  0.845
        >>> scores.curves()["curve"].unique().tolist()
        ['success', 'precision', 'normalized_precision']
    """

    parts: tuple[Scored, ...]
    caveats: tuple[Caveat, ...] = ()
    refused: tuple[Refused, ...] = ()
    grouping: str | None = None
    naming: Named = field(default_factory=Named)

    @property
    def scores(self) -> tuple[BenchmarkScore, ...]:
        """Each tracker's score on each benchmark under each protocol, over all sequences."""
        return tuple(score for part in self.parts for score in part.scores)

    def __iter__(self) -> Iterator[BenchmarkScore]:
        for part in self.parts:
            for score in part.scores:
                yield score
                yield from part.attributes(score) if self.grouping else ()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def table(self) -> pd.DataFrame:
        """All figures, one a row, in the columns :data:`evalkit.scoring.tables.SCORES`.

        These are ``tracker, benchmark, protocol, sequence, metric, value`` and what the value stands for. ``sequence``
        is None for a figure over the whole benchmark. Fractions are in [0, 1].
        """
        from evalkit.scoring.tables import score_table

        return score_table(self.scores)

    def overall(self) -> pd.DataFrame:
        """A row for each score, a column for each metric, and how many sequences were scored."""
        from evalkit.scoring.scores_frame import overall_table

        return overall_table(self.scores)

    def per_sequence(self) -> pd.DataFrame:
        """A row for each tracker, benchmark, protocol and sequence, a column for each metric."""
        from evalkit.scoring.scores_frame import sequence_table

        return sequence_table(self.scores)

    def curves(self) -> pd.DataFrame:
        """All curves, one threshold a row: ``tracker, benchmark, protocol, sequence, curve, threshold, value``.

        ``sequence`` is None for a curve over the whole benchmark.
        """
        from evalkit.scoring.tables import curve_table

        return curve_table(self.scores)

    def per_frame(self) -> pd.DataFrame:
        """One frame a row: boxes of tracker and ground truth, overlap, centre error, the tracker's own confidence.

        Frames and boxes are 0-based, boxes ``x, y, w, h`` in pixels. See :func:`evalkit.scoring.tables.frame_table`.

        Raises:
            InputError: frames were not kept, or a benchmark is not measured frame by frame.
        """
        from evalkit.scoring.scores_frame import require_frames
        from evalkit.scoring.tables import frame_table

        require_frames(self.scores, hint="score with keep_frames=True, and supervised results apart")
        return frame_table(self.scores)

    def quality(self) -> tuple[Quality, ...]:
        """What each tracker's confidence is worth on each benchmark, whatever the protocol.

        Trackers whose results have no confidences are among them, with a ``note`` that says so. As a table:
        :func:`evalkit.scoring.quality.tables.quality_table`.
        """
        return tuple(quality for part in self.parts for quality in part.quality())

    def by(self, grouping: str) -> pd.DataFrame:
        """Figures on the sequences of each attribute: ``tracker, benchmark, protocol, attribute, sequences, metric,
        value``.

        Args:
            grouping: ``attribute``.

        Raises:
            InputError: it is something else, or no benchmark has attributes.
        """
        from evalkit.scoring.tables import attribute_table

        require_grouping(grouping)
        parts = [part for scored in self.parts for score in scored.scores for part in scored.attributes(score)]
        if not parts:
            raise no_attributes([part.annotation.benchmark.name for part in self.parts])
        return attribute_table(parts)

    def explain(self) -> tuple[Difference, ...]:
        """Why protocols come to different figures: for each tracker, what each further protocol does otherwise.

        ``print(*scores.explain(), sep="\\n")`` shows what ``stdtrack score`` prints below its table. The results are
        scored again, once a rule in which two protocols differ.
        """
        several = [part for part in self.parts if len(part.scores) > len(part.results)]
        if not several:
            return ()
        from evalkit.scoring.explain import explain_differences

        lists = (explain_differences(part.results, part.annotation, part.scores) for part in several)
        return tuple(difference for differences in lists for difference in differences)

    def named(
        self,
        labels: Mapping[str, str] | Naming | None = None,
        *,
        order: str | Iterable[str] = (),
        highlight: str | Iterable[str] = (),
    ) -> Self:
        """The same scores with trackers called by labels, in all tables and plots.

        Args:
            labels: label by tracker, or a :class:`evalkit.scoring.naming.Naming`; the others keep their names.
            order: trackers or labels that stand first, in this order.
            highlight: trackers or labels that are drawn bold and stand first in legends.

        Raises:
            InputError: a tracker is not there, or two would be called alike.

        Example:
            >>> import evalkit
            >>> scores = evalkit.score("results", on="folder", data="clips")
            >>> scores.named({"mine": "Ours"}, order=["theirs"]).overall()["tracker"].tolist()
            ['theirs', 'Ours']
        """
        trackers = dict.fromkeys([*(score.tracker for score in self.scores), *(one.tracker for one in self.refused)])
        named = settle(as_naming(labels, order, highlight), trackers).after(self.naming)
        parts = tuple(part.named(named) for part in self.parts)
        refused = tuple(replace(one, tracker=named.label(one.tracker)) for one in self.refused)
        return replace(self, parts=parts, refused=refused, naming=named)

    def notices(self) -> list[str]:
        """Caveats and refused trackers, a line each, as the command line tells them."""
        return [*map(str, self.caveats), *map(str, self.refused)]

    def __str__(self) -> str:
        return "\n".join([self.overall().to_string(index=False), *self.notices()])

    __repr__ = __str__


def require_grouping(grouping: str | None) -> None:
    """Refuse a word that is no grouping; None is none at all.

    Raises:
        InputError: with what was meant.
    """
    if grouping is not None and grouping not in GROUPINGS:
        raise InputError(f"scores cannot be grouped by '{grouping}'", hint=suggestion(grouping, GROUPINGS))


def no_attributes(benchmarks: Sequence[str], hint: str | None = None) -> InputError:
    """The error that says that no benchmark has attributes."""
    return InputError(f"no attributes of {', '.join(benchmarks)} are at hand", hint=hint)
