// Written by `sluice import` of dvc.yaml.
// - Each stage runs in a folder of its own, as `workspace` says, and sees what it depends on, its parameter files, the files that its command names and the modules that these import: another one is added to `sources` and to the command. What it makes is kept as its outputs; the project's folder stays as it is.
// - Whether a stage runs again is for its files to decide, a parameter file as a whole; dvc.lock and dvc's cache are not looked at.
// - There is no requirements.txt: packages that its scripts import are to be named in `python({…})`.
// - dvc.yaml:24: `metrics` is left out: it is for dvc's own commands.
import { file, given, main, pipeline, python, sh, step } from "sluice";

const env = python({ requirements: [] });

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

// dvc.yaml:2: it looks at prepare.seed of params.yaml, prepare.split of params.yaml.
const prepareStep = step("prepare", {
  description: "Split it",
  env,
  inputs: { data: file() },
  outputs: { prepared: file() },
  permissions: { net: true },
  sources: ["src/prepare.py", "params.yaml"],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash 'python3 src/prepare.py data/data.xml' .
      source src/prepare.py
      source params.yaml
      in data/data.xml ${inputs.data}
      out data/prepared ${outputs.prepared}`,
});

// dvc.yaml:8: it looks at depth of custom.json.
const trainStep = step("train", {
  env,
  inputs: { prepared: file() },
  outputs: { model: file({ format: "json" }) },
  permissions: { net: true },
  sources: ["src/train.py", "custom.json"],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash ${'python3 src/train.py data/prepared model.json $(cat data/prepared/test.txt | wc -l) "it\'s \\"x\\""'} .
      source src/train.py
      source custom.json
      in data/prepared ${inputs.prepared}
      out model.json ${outputs.model}`,
});

const evaluateStep = step("evaluate", {
  env,
  inputs: { prepared: file(), model: file() },
  outputs: { metrics: file({ format: "json" }), size: file({ format: "tsv" }) },
  permissions: { net: true },
  sources: [],
  command: ({ inputs, outputs }) =>
    sh`bash -c ${workspace} bash ${"mkdir -p eval/plots &&\nwc -c < model.json > eval/plots/size.tsv &&\necho '{\"size\":' $(cat eval/plots/size.tsv) '}' > eval/metrics.json"} .
      in data/prepared ${inputs.prepared}
      in model.json ${inputs.model}
      out eval/metrics.json ${outputs.metrics}
      out eval/plots/size.tsv ${outputs.size}`,
});

/** Logs each number of a file of JSON, under its path in it. */
const logNumbers = step("log-numbers", {
  inputs: { metrics: file() },
  run: async ({ inputs, log }) => {
    const visit = (value: unknown, path: string) => {
      if (typeof value === "number") {
        log.metric(path.replace(/[^\w./ -]/g, "_"), value);
      } else if (typeof value === "object" && value !== null) {
        for (const [name, member] of Object.entries(value)) {
          visit(member, path === "" ? name : path + "." + name);
        }
      }
    };
    visit(JSON.parse(await Deno.readTextFile(inputs.metrics)), "");
  },
});

const dvcStagesPipeline = pipeline("dvc_stages", {}, () => {
  const prepare = prepareStep({ data: given.file("data/data.xml", file()) });
  const train = trainStep({ prepared: prepare.prepared });
  const evaluate = evaluateStep({
    prepared: prepare.prepared,
    model: train.model,
  });
  return {
    prepare,
    train,
    evaluate,
    "evaluate-metrics": logNumbers.as("evaluate-metrics", {
      metrics: evaluate.metrics,
    }),
  };
});

export default dvcStagesPipeline;
if (import.meta.main) await main(dvcStagesPipeline);
