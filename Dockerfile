# The system that Weft is built and tested on:  docker build -t weft . && docker run --rm weft
FROM debian:12
WORKDIR /weft
# The packages first, so that a change of the sources does not install them again.
COPY setup.sh ./
RUN ./setup.sh && rm -rf /var/lib/apt/lists/*
COPY . .
CMD ["bash", "-c", "./setup.sh && bazel test //..."]
