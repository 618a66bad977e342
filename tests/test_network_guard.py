"""No command speaks to another machine: sockets beyond the loopback fail, in Python and in libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from profiling.backends import BACKENDS

STDTRACK = str(Path(sys.executable).with_name("stdtrack"))

# In the interpreter: names are not looked up and sockets are not connected.
PYTHON_GUARD = """
import os, sys

def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        reached = isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost"))
    else:
        reached = event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] not in (
            None, "", "localhost", "127.0.0.1", "::1", b"localhost"
        )
    if reached:
        with open(os.environ["NETWORK_LOG"], "a") as log:
            log.write(f"{event} {arguments!r}\\n")
        raise OSError("no network")

sys.addaudithook(guard)
"""

# In the process: what libraries written in C or C++ do.
NATIVE_GUARD = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void note(const char *what) {
    FILE *log = fopen(getenv("NETWORK_LOG"), "a");
    if (log) { fprintf(log, "%s\n", what); fclose(log); }
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    int beyond = address->sa_family == AF_INET6;
    if (address->sa_family == AF_INET)
        beyond = (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24) != 127;
    if (!beyond) return real(fd, address, length);
    note("connect");
    errno = ENETUNREACH;
    return -1;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!node || !strcmp(node, "localhost") || !strncmp(node, "127.", 4)) return real(node, service, hints, found);
    note(node);
    return EAI_FAIL;
}
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a command that is guarded, with all that it starts."""
    folder = tmp_path_factory.mktemp("guard")
    (folder / "sitecustomize.py").write_text(PYTHON_GUARD)
    telling = ("CI", "TF_BUILD", "JENKINS_URL", "ORT_DISABLE_TELEMETRY")  # with which telemetry keeps still by itself
    environment = {key: value for key, value in os.environ.items() if key not in telling}
    environment |= {"PYTHONPATH": str(folder), "NETWORK_LOG": str(folder / "log.txt"), "HOME": str(folder)}
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler and sys.platform == "linux":
        (folder / "guard.c").write_text(NATIVE_GUARD)
        library = folder / "guard.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "guard.c", "-ldl"], check=True)
        environment["LD_PRELOAD"] = str(library)
    return environment


def reached(environment: dict[str, str]) -> str:
    """What was tried, and a clean log."""
    log = Path(environment["NETWORK_LOG"])
    text = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    return text


def test_the_guard_sees_what_it_is_there_for(guarded: dict[str, str]) -> None:
    call = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
    assert subprocess.run([sys.executable, "-c", call], env=guarded, capture_output=True, check=False).returncode == 1
    assert "192.0.2.1" in reached(guarded)
    if "LD_PRELOAD" in guarded:
        call = "import ctypes; ctypes.CDLL(None).getaddrinfo(b'example.invalid', None, None, None)"
        subprocess.run([sys.executable, "-c", call], env=guarded, check=True)
        assert "example.invalid" in reached(guarded)


def needed(backend: str) -> None:
    for name in BACKENDS[backend].needs:
        pytest.importorskip(name)


@pytest.mark.slow
@pytest.mark.parametrize("backend", [name for name, backend in BACKENDS.items() if "cpu" in backend.devices])
def test_a_run_on_every_backend_reaches_nobody(guarded: dict[str, str], backend: str, tmp_path: Path) -> None:
    from evalkit.benchmarks.synthetic.writer import render

    needed(backend)
    render(tmp_path / "data", frames=4)
    command = [STDTRACK, "run", f"stdtrack:nano?backend={backend}", "--on", "demo", "--data", str(tmp_path / "data")]
    command += ["--out", str(tmp_path / "runs")]
    done = subprocess.run(command, env=guarded, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    assert reached(guarded) == ""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "openvino", "torch-export"])
def test_an_export_reaches_nobody(guarded: dict[str, str], form: str, tmp_path: Path) -> None:
    needed(form)
    command = [STDTRACK, "export", "stdtrack:nano", "--format", form, "-o", str(tmp_path / "exported")]
    done = subprocess.run(command, env=guarded, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    assert reached(guarded) == ""


def test_telemetry_is_off_before_it_could_begin(guarded: dict[str, str]) -> None:
    for name in ("onnxruntime", "openvino"):
        pytest.importorskip(name)
    call = (
        "import os, sys; from evalkit.imports import optional_module as get; get('onnxruntime'); get('openvino');"
        "get('openvino.tools.ovc'); assert os.environ['ORT_DISABLE_TELEMETRY'] == '1';"
        "assert sys.modules['openvino_telemetry'] is None"
    )
    done = subprocess.run([sys.executable, "-c", call], env=guarded, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert reached(guarded) == ""
