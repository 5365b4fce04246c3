#!/usr/bin/env python3
"""Times Weft and its peers in turn and writes the JSON lines from which //bench:report draws.

    bench/collect.py --peers_script=SCRIPT --out=FILE [--works=...] [--threads=2,1] [--rounds=5] [--seconds=3] ...

SCRIPT is run as `PYTHON SCRIPT PEER WORK --threads N --seconds S [--data DIR]`, our binary as `BINARY WORK ...`; both print
one JSON object a line. In each round all take turns, and every other round backwards, so that a machine that gets slower
is unfair to nobody. A program that fails leaves a line with "error", and the report shows it as missing. The first line
says what was measured on; the file is complete or not there.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def words(text):
  return [word for word in text.split(",") if word]


def parse():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--peers_script", required=True, help="times one peer on one work")
  parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers installed")
  parser.add_argument("--bin", default="", help="our binary; default: bazel-bin/bench/workloads of this checkout")
  parser.add_argument("--weft_version", default="",
                      help="what --bin was built from; default: the commit of this checkout, unless --bin is given")
  parser.add_argument("--out", required=True)
  parser.add_argument("--works", type=words, default=words(
      "mlp_train,tiny_train,csv_fit,cnn_train,lstm_train,rnn_train,mlp_infer1,mlp_infer64,cnn_infer1,cnn_infer64,lstm_infer1,dense_relu"))
  parser.add_argument("--training_peers", type=words, default=words("jax,torch,torch_compile,keras_tf"))
  parser.add_argument("--inference_peers", type=words, default=words("ort,openvino,torch,jax"))
  parser.add_argument("--packages", type=words, default=words("torch,jax,tensorflow-cpu,keras,onnxruntime,openvino"),
                      help="Python packages whose versions are noted")
  parser.add_argument("--threads", type=lambda text: [int(word) for word in words(text)], default=[os.cpu_count()])
  parser.add_argument("--rounds", type=int, default=5)
  parser.add_argument("--seconds", type=float, default=3)
  parser.add_argument("--data", default="", help="folder of the MNIST files")
  parser.add_argument("--note", default="", help="what readers should know of this run; the report's caption ends with it")
  parser.add_argument("--timeout", type=float, default=600, help="seconds for one run of one program")
  return parser.parse_args()


def cpu():
  """The processor's name and the widest instruction set of those our kernels are written for."""
  fields = {}
  with open("/proc/cpuinfo", encoding="utf-8") as info:
    for line in info:
      key, _, value = line.partition(":")
      fields.setdefault(key.strip(), value.strip())
  flags = set(fields.get("flags", "").split())
  wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags
  isa = "AVX-512" if wide else "AVX2 + FMA" if {"avx2", "fma"} <= flags else "baseline"
  name = fields.get("model name", "unknown processor")
  # Virtual machines hide the name of the product; family and model still tell the generation.
  return f"{name} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})", isa


def versions(args):
  script = ("import importlib.metadata as m, json, sys\n"
            "print(json.dumps({n: m.version(n) for n in sys.argv[1:] if any(True for _ in m.distributions(name=n))}))")
  run = subprocess.run([args.python, "-c", script, *args.packages], capture_output=True, text=True, check=False)
  if run.returncode:
    sys.exit(f"collect.py: {args.python} cannot say its packages' versions:\n{run.stderr}")
  found = json.loads(run.stdout)
  # Of another binary nobody here can tell what it was built from, and a wrong version is worse than none.
  if args.weft_version:
    found["weft"] = args.weft_version
  elif not args.bin:
    git = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"],
                         capture_output=True, text=True, check=False)
    if git.returncode == 0:
      found["weft"] = git.stdout.strip()
  return found


def measure(peer, work, threads, command, timeout):
  """The program's lines, or one that says why there are none."""
  try:
    run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode == 0 and lines:
      return [json.loads(line) for line in lines]
    error = ((run.stderr or run.stdout).strip().splitlines() or [f"exit status {run.returncode}, no output"])[-1]
  except (OSError, ValueError, subprocess.TimeoutExpired) as e:
    error = str(e)
  print(f"  {peer} {work}: {error}", file=sys.stderr)
  return [{"peer": peer, "work": work, "threads": threads, "error": error}]


def main():
  args = parse()
  binary = args.bin or os.path.join(ROOT, "bazel-bin/bench/workloads")
  machine, isa = cpu()
  out = [{"machine": machine, "cpus": len(os.sched_getaffinity(0)), "isa": isa, "date": datetime.date.today().isoformat(),
          "rounds": args.rounds, "seconds": args.seconds, "versions": versions(args)}]
  if args.note:
    out[0]["note"] = args.note
  for work in args.works:
    training = "train" in work or "fit" in work
    peers = args.training_peers if training else args.inference_peers
    for threads in args.threads:
      options = ["--threads", str(threads), "--seconds", str(args.seconds)] + (["--data", args.data] if args.data else [])
      for i in range(args.rounds):
        print(f"{work}, threads {threads}, round {i + 1} of {args.rounds}", file=sys.stderr)
        turn = ["weft"] + peers
        for peer in turn if i % 2 == 0 else turn[::-1]:
          command = [binary, work] if peer == "weft" else [args.python, args.peers_script, peer, work]
          out += measure(peer, work, threads, command + options, args.timeout)
  with open(args.out + ".part", "w", encoding="utf-8") as file:
    file.writelines(json.dumps(line) + "\n" for line in out)
  os.replace(args.out + ".part", args.out)


main()
