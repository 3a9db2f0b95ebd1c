/** Projects of dvc that are imported: each must come to the same outputs as `dvc repro`. */

export interface DvcCase {
  /** Also of its golden file. */
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Where outputs lie with dvc, by the output of the pipeline. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What `dvc metrics show` has, by the step that logs it. */
  readonly metrics?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const scripts = {
  "src/prepare.py": `import os, re, sys
params = dict(re.findall(r"(\\w+): ([\\d.]+)", open("params.yaml").read()))
lines = open(sys.argv[1]).read().splitlines()
os.makedirs("data/prepared", exist_ok=True)
count = int(float(params["split"]) * len(lines))
open("data/prepared/test.txt", "w").write("\\n".join(lines[:count]) + params["seed"])
open("data/prepared/train.txt", "w").write("\\n".join(lines[count:]))
`,
  "src/train.py": `import json, sys
lines = open(sys.argv[1] + "/train.txt").read().splitlines()
json.dump([len(lines), *sys.argv[3:]], open(sys.argv[2], "w"))
`,
};

export const dvcCases: readonly DvcCase[] = [
  {
    name: "dvc_stages",
    files: {
      "dvc.yaml": `stages:
  prepare:
    cmd: python3 src/prepare.py data/data.xml
    desc: Split it
    deps: [data/data.xml, src/prepare.py]
    params: [prepare.seed, prepare.split]
    outs: [data/prepared]
  train:
    cmd: python3 src/train.py data/prepared model.json $(cat data/prepared/test.txt | wc -l) "it's \\"x\\""
    deps: [src/train.py, data/prepared]
    params:
      - custom.json: [depth]
    outs: [model.json]
  evaluate:
    cmd:
      - mkdir -p eval/plots
      - wc -c < model.json > eval/plots/size.tsv
      - echo '{"size":' $(cat eval/plots/size.tsv) '}' > eval/metrics.json
    deps: [model.json, data/prepared/test.txt]
    metrics:
      - eval/metrics.json: {cache: false}
    plots:
      - eval/plots/size.tsv: {x: size}
metrics: [eval/metrics.json]
`,
      "params.yaml": "prepare: {seed: 7, split: 0.2}\n",
      "custom.json": '{"depth": 3}\n',
      "data/data.xml": "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n",
      ...scripts,
    },
    outputs: {
      "prepare.prepared": "data/prepared",
      "train.model": "model.json",
      "evaluate.metrics": "eval/metrics.json",
      "evaluate.size": "eval/plots/size.tsv",
    },
    metrics: { "evaluate-metrics": { size: 22 } },
  },
  {
    name: "dvc_templates",
    files: {
      "dvc.yaml": `vars:
  - names.yaml
  - rates: {low: 1e-2, high: 0.5}
stages:
  words:
    foreach: \${names}
    do:
      cmd: echo \${item} \${seed} > words/\${item}.txt
      outs: ["words/\${item}.txt"]
  rates:
    foreach: \${rates}
    do:
      cmd: echo \${key} \${item} \\\${HOME:+home} > rate-\${key}.txt
      outs: ["rate-\${key}.txt"]
  grid:
    matrix:
      size: [1, 2]
      kind: [x, y]
    cmd: echo \${item.size} \${item.kind} \${key} \${options} > grid-\${key}.txt
    outs: ["grid-\${key}.txt"]
  all:
    cmd: cat words/*.txt rate-low.txt grid-2-y.txt > all.txt
    deps: [words/ada.txt, words/bob.txt, rate-low.txt, grid-2-y.txt]
    outs: [all.txt]
`,
      "params.yaml": "seed: 7\noptions: {fast: true, slow: false, name: a b, list: [1, 2]}\n",
      "names.yaml": "names: [ada, bob]\n",
      "words/.keep": "",
    },
    outputs: {
      "words-ada.ada": "words/ada.txt",
      "rates-low.rate_low": "rate-low.txt",
      "rates-high.rate_high": "rate-high.txt",
      "grid-1-x.grid_1_x": "grid-1-x.txt",
      "grid-2-y.grid_2_y": "grid-2-y.txt",
      "all.all": "all.txt",
    },
  },
  {
    name: "dvc_folders",
    files: {
      "dvc.yaml": `stages:
  split:
    wdir: parts
    cmd: mkdir -p out && head -n 2 ../raw/all.csv > out/head.csv && tail -n 1 ../raw/all.csv > out/tail.csv
    deps: [../raw]
    outs: [out]
  count:
    wdir: parts
    cmd: wc -l < out/head.csv > count.txt
    deps: [out/head.csv]
    outs:
      - count.txt: {persist: true}
    always_changed: true
  join:
    cmd: cat parts/count.txt kept.txt > joined.txt; sh lib/say.sh >> joined.txt
    deps: [parts/count.txt, kept.txt]
    outs: [joined.txt]
  keep:
    cmd: echo other > kept.txt
    outs: [kept.txt]
    frozen: true
`,
      "parts/.keep": "",
      "raw/all.csv": "1\n2\n3\n",
      "kept.txt": "kept\n",
      "lib/say.sh": "echo said\n",
    },
    outputs: {
      "split.out": "parts/out",
      "count.count": "parts/count.txt",
      "join.joined": "joined.txt",
    },
  },
];
