"""docs/security.md lists every place of the code that opens a file of a kind which could act; this walks the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("evalkit", "profiling", "reports", "stdtrack")
LISTED = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

READERS = frozenset(
    {"torch.load", "torch.export.load", "torch.jit.load", "load_file"}
    | {"safe_open", "np.load", "np.loadtxt", "np.fromfile"}
    | {"np.genfromtxt", "pickle.load", "pickle.loads", "pickle.Unpickler", "json.load", "json.loads", "onnx.load"}
    | {
        "runtime.InferenceSession",
        "onnxruntime.InferenceSession",
        "loadmat",
        "whosmat",
        "scipy.io.loadmat",
        "yaml.load",
    }
    | {"tomllib.load", "tomllib.loads", "zipfile.ZipFile", "tarfile.open", "cv2.imread", "cv2.imdecode"}
    | {"cv2.VideoCapture", "ElementTree.parse", "ElementTree.fromstring", "csv.reader", "csv.DictReader"}
    | {"expat.ParserCreate"}
    | {"pd.read_csv", "pd.read_parquet", "pd.read_pickle", "pd.read_json", "marshal.loads", "shelve.open"}
    | {"import_module", "importlib.import_module", "ctypes.CDLL", "eval", "exec", "Image.open", "fromstring"}
)
FORBIDDEN = (
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "marshal.loads",
    "shelve.open",
    "eval",
    "exec",
    "yaml.load",
)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def found() -> dict[str, set[str]]:
    """Files by reader."""
    readers: dict[str, set[str]] = {}
    for path in sources():
        for name, _ in calls(path):
            reader = name if name in READERS else ("read_model" if name.endswith(".read_model") else "")
            if reader:
                readers.setdefault(reader, set()).add(path.relative_to(ROOT).as_posix())
    return readers


@pytest.mark.parametrize(("reader", "files"), sorted(found().items()))
def test_every_reader_is_listed_with_its_files(reader: str, files: set[str]) -> None:
    rows = [line for line in LISTED.splitlines() if line.startswith("|") and f"`{reader}`" in line]
    assert rows, f"docs/security.md has no row for {reader} in {sorted(files)}"
    missing = sorted(file for file in files if not any(f"`{file}`" in row for row in rows))
    assert not missing, f"docs/security.md does not say what {reader} trusts in {missing}"


def test_what_is_listed_exists() -> None:
    for line in LISTED.splitlines():
        for word in line.split("`")[1::2]:
            if word.endswith(".py") and "/" in word:
                assert (ROOT / word.split()[-1]).is_file(), word


def test_nothing_is_unpickled_or_evaluated() -> None:
    for path in sources():
        for name, call in calls(path):
            assert name not in FORBIDDEN, f"{path}:{call.lineno} {name}"
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert keywords.get("allow_pickle", "False") == "False", f"{path}:{call.lineno}"
            if name == "torch.load":
                assert keywords.get("weights_only") == "True", f"{path}:{call.lineno}"
            if name in ("torch.export.load",):
                assert path.name == "exported.py"
                assert ast.unparse(call.args[0]) == "archive", "what was looked through, not the file"
