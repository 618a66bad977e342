# The whole toolkit in a container, with the demo as its first command.
#
#   docker build -t stdtrack .                                          # any machine
#   docker run --rm -v "$PWD/demo:/work" stdtrack                       # render, run four trackers, report
#   docker run --rm -v "$PWD:/work" stdtrack score runs --on otb100 --data /work/data
#
# With a GPU, and NVIDIA's container toolkit on the host:
#
#   docker build -t stdtrack:cuda --build-arg EXTRAS=export,parquet,nvidia .
#   docker run --rm --gpus all -v "$PWD:/work" stdtrack:cuda profile stdtrack:nano --device cuda --out profile
#
# On x86-64 the torch that pip finds brings CUDA along, some gigabytes of it, and runs without a GPU too. For a small
# image give the address of PyTorch's CPU builds: --build-arg TORCH_INDEX=ADDRESS.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim-bookworm

ARG EXTRAS=export,parquet
ARG TORCH_INDEX=""

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLBACKEND=Agg \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility

WORKDIR /src

# torch alone first: it changes least and weighs most.
COPY constraints.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then pip install -c constraints.txt --index-url "$TORCH_INDEX" torch; \
    else pip install -c constraints.txt torch; fi

COPY pyproject.toml README.md LICENSE ./
COPY stdtrack ./stdtrack
COPY evalkit ./evalkit
COPY profiling ./profiling
COPY reports ./reports
RUN pip install -c constraints.txt ".[${EXTRAS}]" && rm -rf /src/*

# Files in /work belong to this user; --user "$(id -u):$(id -g)" makes them yours.
RUN useradd --create-home --uid 1000 tracker && mkdir /work && chmod 777 /work
USER tracker
ENV STDTRACK_CACHE=/tmp/stdtrack MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /work

ENTRYPOINT ["stdtrack"]
CMD ["demo", "--out", "/work/stdtrack-demo"]
