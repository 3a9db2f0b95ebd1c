// Written by `sluice import` of dvc.yaml.
// - Each stage runs in a folder of its own, as `workspace` says, and sees what it depends on, its parameter files, the files that its command names and the modules that these import: another one is added to `sources` and to the command. What it makes is kept as its outputs; the project's folder stays as it is.
// - Whether a stage runs again is for its files to decide, a parameter file as a whole; dvc.lock and dvc's cache are not looked at.
// - Programs are those of this machine: what `host()` runs is not cached, and may differ elsewhere.
// - dvc.yaml:18: stage `keep` is frozen and no step: its outputs are taken as they are.
import { file, given, host, main, pipeline, sh, step } from "sluice";

const env = host();

/** Runs a command where its files lie as dvc has them. Arguments: the command, its folder, then `source PATH`, `in PATH FILE` and `out PATH FILE`. */
const workspace = String.raw`
set -eu
command=$1 folder=$2 work=$TMPDIR/work
shift 2
bring() {
  mkdir -p "$(dirname "$work/$1")"
  rm -rf "$work/$1"
  cp -RL --reflink=auto -T "$2" "$work/$1"
}
before() {
  while [ $# -gt 0 ]; do
    case $1 in
      source) bring "$2" "$2"; shift 2 ;;
      in) bring "$2" "$3"; shift 3 ;;
      out) mkdir -p "$(dirname "$work/$2")"; rm -rf "$work/$2"; shift 3 ;;
    esac
  done
}
after() {
  while [ $# -gt 0 ]; do
    case $1 in
      source) shift 2 ;;
      in) shift 3 ;;
      out) mv -T "$work/$2" "$3"; shift 3 ;;
    esac
  done
}
mkdir -p "$work/$folder"
before "$@"
(cd "$work/$folder" && bash -c "$command")
after "$@"
`;

const splitStep = step("split", {
  env,
  inputs: { raw: file() },
  outputs: { out: file() },
  permissions: { net: true },
  sources: [],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash 'mkdir -p out && head -n 2 ../raw/all.csv > out/head.csv && tail -n 1 ../raw/all.csv > out/tail.csv' parts
      in raw ${inputs.raw}
      out parts/out ${outputs.out}`,
});

// dvc.yaml:7: `parts/count.txt` persists with dvc; here it begins empty.
// dvc.yaml:7: it always runs.
const countStep = step("count", {
  env,
  inputs: { out: file() },
  outputs: { count: file({ format: "txt" }) },
  permissions: { net: true },
  cache: false,
  sources: [],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash 'wc -l < out/head.csv > count.txt' parts
      in parts/out ${inputs.out}
      out parts/count.txt ${outputs.count}`,
});

const joinStep = step("join", {
  env,
  inputs: { kept: file(), count: file() },
  outputs: { joined: file({ format: "txt" }) },
  permissions: { net: true },
  sources: ["lib/say.sh"],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash 'cat parts/count.txt kept.txt > joined.txt; sh lib/say.sh >> joined.txt' .
      source lib/say.sh
      in kept.txt ${inputs.kept}
      in parts/count.txt ${inputs.count}
      out joined.txt ${outputs.joined}`,
});

const dvcFoldersPipeline = pipeline("dvc_folders", {}, () => {
  const split = splitStep({ raw: given.file("raw", file()) });
  const count = countStep({ out: split.out });
  const join = joinStep({
    kept: given.file("kept.txt", file()),
    count: count.count,
  });
  return { split, count, join };
});

export default dvcFoldersPipeline;
if (import.meta.main) await main(dvcFoldersPipeline);
