#!/bin/bash
# Runs collect.py on two programs that answer at once, one of which fails, and looks at what it writes.
set -euo pipefail
collect="$PWD/bench/collect.py"
cd "${TEST_TMPDIR:-$(mktemp -d)}"

# Says who was asked for what; the peer "broken" prints half a line and fails.
cat >ours <<'END'
#!/bin/bash
echo "ours $1" >>turns
echo "{\"peer\": \"weft\", \"work\": \"$1\", \"threads\": $3, \"samples_per_s\": 20}"
END
cat >peers.py <<'END'
import sys
peer, work, _, threads = sys.argv[1:5]
print(peer, work, file=open("turns", "a"))
if peer == "broken":
  print('{"peer": "broken", ')
  sys.exit("no such\nlibrary")
print(f'{{"peer": "{peer}", "work": "{work}", "threads": {threads}, "samples_per_s": 10}}')
END
chmod +x ours

"$collect" --peers_script=peers.py --bin=./ours --out=lines --works=mlp_train,mlp_infer1 --training_peers=fast,broken \
  --inference_peers=engine --packages=none-of-this-name --threads=2,1 --rounds=2 --seconds=1 --note="a test" 2>log

python3 - <<'END'
import json
first, *lines = [json.loads(line) for line in open("lines")]
assert first["machine"] and first["cpus"] > 0 and first["isa"] and len(first["date"]) == 10, first
assert first["rounds"] == 2 and first["seconds"] == 1 and first["note"] == "a test" and first["versions"] == {}, first
turns = [line.split() for line in open("turns")]
wanted = [[peer, work] for work, peers in [("mlp_train", ["ours", "fast", "broken"]), ("mlp_infer1", ["ours", "engine"])]
            for threads in (2, 1) for turn in (peers, peers[::-1]) for peer in turn]
assert turns == wanted, turns
assert [line["peer"].replace("weft", "ours") for line in lines] == [peer for peer, _ in wanted], lines
assert [line["threads"] for line in lines] == [2] * 6 + [1] * 6 + [2] * 4 + [1] * 4, lines
for line in lines:
  assert ("error" in line) == (line["peer"] == "broken"), line
assert [line["error"] for line in lines if "error" in line] == ["library"] * 4, lines
END
grep -qF "broken mlp_train: " log
[[ ! -e lines.part ]]

# A version that is told is noted; of a binary that is given, none is made up (above).
"$collect" --peers_script=peers.py --bin=./ours --weft_version=v9 --out=told --works=mlp_infer1 --inference_peers=engine \
  --threads=1 --rounds=1 --seconds=1 --packages=none-of-this-name 2>log
head -1 told | grep -qF '"versions": {"weft": "v9"}'

# An interpreter that is not there is an error before anything is measured.
if "$collect" --peers_script=peers.py --bin=./ours --out=none --python=/bin/false 2>log; then exit 1; fi
grep -qF "cannot say its packages' versions" log
[[ ! -e none ]]
