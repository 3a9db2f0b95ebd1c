// Written by `sluice import` of dvc.yaml.
// - Each stage runs in a folder of its own, as `workspace` says, and sees what it depends on, its parameter files, the files that its command names and the modules that these import: another one is added to `sources` and to the command. What it makes is kept as its outputs; the project's folder stays as it is.
// - Whether a stage runs again is for its files to decide, a parameter file as a whole; dvc.lock and dvc's cache are not looked at.
// - Programs are those of this machine: what `host()` runs is not cached, and may differ elsewhere.
import { file, host, main, pipeline, sh, step } from "sluice";

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

// dvc.yaml:5: stage `words@ada`
const wordsAdaStep = step("words-ada", {
  env,
  outputs: { ada: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash 'echo ada 7 > words/ada.txt' .
      out words/ada.txt ${outputs.ada}`,
});

// dvc.yaml:5: stage `words@bob`
const wordsBobStep = step("words-bob", {
  env,
  outputs: { bob: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash 'echo bob 7 > words/bob.txt' .
      out words/bob.txt ${outputs.bob}`,
});

// dvc.yaml:10: stage `rates@low`
const ratesLowStep = step("rates-low", {
  env,
  outputs: { rate_low: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash ${"echo low 0.01 ${HOME:+home} > rate-low.txt"} .
      out rate-low.txt ${outputs.rate_low}`,
});

// dvc.yaml:10: stage `rates@high`
const ratesHighStep = step("rates-high", {
  env,
  outputs: { rate_high: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash ${"echo high 0.5 ${HOME:+home} > rate-high.txt"} .
      out rate-high.txt ${outputs.rate_high}`,
});

// dvc.yaml:15: stage `grid@1-x`
const grid1XStep = step("grid-1-x", {
  env,
  outputs: { grid_1_x: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash ${"echo 1 x 1-x --fast --name 'a b' --list 1 2 > grid-1-x.txt"} .
      out grid-1-x.txt ${outputs.grid_1_x}`,
});

// dvc.yaml:15: stage `grid@1-y`
const grid1YStep = step("grid-1-y", {
  env,
  outputs: { grid_1_y: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash ${"echo 1 y 1-y --fast --name 'a b' --list 1 2 > grid-1-y.txt"} .
      out grid-1-y.txt ${outputs.grid_1_y}`,
});

// dvc.yaml:15: stage `grid@2-x`
const grid2XStep = step("grid-2-x", {
  env,
  outputs: { grid_2_x: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash ${"echo 2 x 2-x --fast --name 'a b' --list 1 2 > grid-2-x.txt"} .
      out grid-2-x.txt ${outputs.grid_2_x}`,
});

// dvc.yaml:15: stage `grid@2-y`
const grid2YStep = step("grid-2-y", {
  env,
  outputs: { grid_2_y: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ outputs }) =>
    sh`bash -c ${workspace} bash ${"echo 2 y 2-y --fast --name 'a b' --list 1 2 > grid-2-y.txt"} .
      out grid-2-y.txt ${outputs.grid_2_y}`,
});

const allStep = step("all", {
  env,
  inputs: { ada: file(), bob: file(), rate_low: file(), grid_2_y: file() },
  outputs: { all: file({ format: "txt" }) },
  permissions: { net: true },
  sources: [],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash 'cat words/*.txt rate-low.txt grid-2-y.txt > all.txt' .
      in words/ada.txt ${inputs.ada}
      in words/bob.txt ${inputs.bob}
      in rate-low.txt ${inputs.rate_low}
      in grid-2-y.txt ${inputs.grid_2_y}
      out all.txt ${outputs.all}`,
});

const dvcTemplatesPipeline = pipeline("dvc_templates", {}, () => {
  const wordsAda = wordsAdaStep({});
  const wordsBob = wordsBobStep({});
  const ratesLow = ratesLowStep({});
  const ratesHigh = ratesHighStep({});
  const grid1X = grid1XStep({});
  const grid1Y = grid1YStep({});
  const grid2X = grid2XStep({});
  const grid2Y = grid2YStep({});
  const all = allStep({
    ada: wordsAda.ada,
    bob: wordsBob.bob,
    rate_low: ratesLow.rate_low,
    grid_2_y: grid2Y.grid_2_y,
  });
  return {
    "words-ada": wordsAda,
    "words-bob": wordsBob,
    "rates-low": ratesLow,
    "rates-high": ratesHigh,
    "grid-1-x": grid1X,
    "grid-1-y": grid1Y,
    "grid-2-x": grid2X,
    "grid-2-y": grid2Y,
    all,
  };
});

export default dvcTemplatesPipeline;
if (import.meta.main) await main(dvcTemplatesPipeline);
