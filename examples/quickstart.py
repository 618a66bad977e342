"""From raw results to a table, a plot, a tracker of one's own and its speed, on the demo's data, in about a minute.

The cells (``# %%``) can be run one after another in an editor, or all with ``python examples/quickstart.py``.
"""

# %% The demo's data: ten short scenes with exact boxes, 30 frames of each
from pathlib import Path

import numpy as np

import stdtrack as st
from evalkit.benchmarks.synthetic.writer import render

here = Path("quickstart")
render(here / "data", frames=30)


# %% A tracker of one's own: anything with init(image, box) and update(image)
class Still:
    """Says that nothing ever moves."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        """Remember the first box: x, y, w, h in pixels, 0-based."""
        self.box = box

    def update(self, image: np.ndarray) -> st.Prediction:
        """The same box again."""
        return st.Prediction(self.box, 1.0)


# %% Run it beside one of OpenCV's
st.run({"still": Still(), "kcf": "opencv:kcf"}, on="demo", data=here / "data", out=here / "runs", fresh=True)

# %% Results to tables
scores = st.score(here / "runs", on="demo", data=here / "data")
print(scores)
print(scores.by("attribute").query("metric == 'auc'"))

# %% Is one better than the other?
print(st.compare(here / "runs", "still", "kcf", on="demo", data=here / "data"))

# %% A plot, and a report of everything
scores.plot("success").savefig(here / "success.png")
st.report(here / "runs", on="demo", data=here / "data", out=here / "report", parts=["tables"])

# %% Its speed beside the other's, in turns on the same frames
speeds = st.profile({"still": Still(), "kcf": "opencv:kcf"}, data=here / "data", on="demo", min_time=0.5)
print(speeds.table("latency")[["tracker", "scope", "p50_ms", "p99_ms"]])
