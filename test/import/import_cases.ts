/** MLflow projects that are imported, and the calls of each that must come to the same as `mlflow run`. */

export interface ImportCase {
  /** Also of its golden file. */
  readonly name: string;
  /** By path below the project. */
  readonly files: Readonly<Record<string, string>>;
  /** One after the other, in the same folder. */
  readonly calls: readonly ImportCall[];
}

export interface ImportCall {
  /** As the MLproject names it; `main` when absent. */
  readonly entryPoint?: string;
  /** As the pipeline names its step, where that is another name. */
  readonly step?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Names that parameters have in the pipeline, where they are others. */
  readonly renamed?: Readonly<Record<string, string>>;
}

const writeArguments = `import json, sys
with open(sys.argv[1], "w") as out:
    json.dump(sys.argv[2:], out)
`;

export const importCases: readonly ImportCase[] = [
  {
    name: "one_entry_point",
    files: {
      MLproject: `name: one
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
      l1_ratio: {type: float, default: 0.1}
    command: "python train.py out.json {alpha} --l1 {l1_ratio}"
`,
      "train.py": writeArguments,
    },
    calls: [{}, { parameters: { alpha: "0.25" } }],
  },
  {
    name: "values_that_a_shell_would_read",
    files: {
      MLproject: `entry_points:
  main:
    parameters: {text: string, other: {default: "it's"}}
    command: "python write.py out.json {text} --other={other}"
`,
      "write.py": writeArguments,
    },
    calls: [{ parameters: { text: "a  'b' \"c\" $HOME \`id\` ; * \\ ü" } }],
  },
  {
    name: "text_of_a_shell",
    files: {
      MLproject: `name: shell text
entry_points:
  main:
    parameters:
      first: {default: "a b"}
      second: {default: c}
    command: |
      printf '%s\\n' {second} {first} | sort > sorted.txt
      for word in {first} two; do echo "$word"; done >> sorted.txt && wc -l < sorted.txt > count.txt
`,
    },
    calls: [{ parameters: { first: "it's; $(id)" } }],
  },
  {
    name: "holes_in_quotes",
    files: {
      MLproject: `entry_points:
  main:
    parameters: {value: {default: plain}, name: {default: out}}
    command: "echo \\"<{value}>\\" '{value}' \\"$(echo {value})\\" > '{name}'.txt"
`,
    },
    calls: [{ parameters: { value: "safe-1.5" } }],
  },
  {
    name: "several_entry_points",
    files: {
      MLproject: `name: several
python_env: python_env.yaml
entry_points:
  preprocess:
    description: Keep the rows that have a number
    parameters: {input: {type: path, default: raw.csv}}
    command: "grep -E '[0-9]' {input} > clean.csv"
  train:
    depends_on: [preprocess]
    parameters:
      alpha: {type: float, default: 0.5, minimum: 0, maximum: 1, description: How strong}
      batch_size: {type: int, default: 32, minimum: 8, maximum: 256}
    command: "python train.py model.json {alpha} {batch_size} $(wc -l < clean.csv)"
`,
      "python_env.yaml": "python: '3'\ndependencies: []\n",
      "raw.csv": "a\n1\n\n2\n",
      "train.py": writeArguments,
    },
    calls: [{ entryPoint: "preprocess" }, { entryPoint: "train", parameters: { alpha: "0.75" } }],
  },
  {
    name: "names_that_are_no_identifiers",
    files: {
      MLproject: `name: "größe / */ \`x\` \${y}"
entry_points:
  class:
    parameters: {a-b: {default: 1}, "größe": {default: 2}, new: {default: 3}}
    command: "echo {a-b} {größe} {new} > class.txt"
  train model:
    parameters: {a-b: {default: 1}}
    command: "cp class.txt {a-b}.txt"
`,
    },
    calls: [
      { entryPoint: "class", parameters: { "größe": "9" }, renamed: { "größe": "gro-e" } },
      { entryPoint: "train model", step: "train-model", parameters: { "a-b": "copy" } },
    ],
  },
  {
    name: "a_command_that_fails",
    files: { MLproject: "entry_points: {main: {command: 'echo begun > begun.txt; exit 3'}}\n" },
    calls: [{}],
  },
  {
    name: "a_folder_below_and_braces",
    files: {
      MLproject: `entry_points:
  main:
    parameters: {n: {type: float, default: 1e-3}}
    command: "python src/write.py src/out.json '{{}}' {n}"
`,
      "src/write.py": writeArguments,
    },
    calls: [{}, { parameters: { n: "0.002" } }],
  },
  {
    name: "keys_that_are_ours",
    files: {
      MLproject: `entry_points:
  main:
    parameters:
      kind: {choices: [gini, entropy], default: gini}
      rounds: {type: integer, default: 10, minimum: 1}
      shuffle: {type: boolean, default: true}
    command: "echo {kind} {rounds} {shuffle} > out.txt"
`,
    },
    calls: [{}, { parameters: { kind: "entropy", rounds: "20", shuffle: "False" } }],
  },
  {
    name: "two_that_share_a_parameter",
    files: {
      MLproject: `entry_points:
  one: {command: "echo {seed} {size} > one.txt", parameters: {seed: {type: float, default: 7}, size: {default: s}}}
  two: {command: "echo {seed} {size} > two.txt", parameters: {seed: {type: float, default: 7}, size: {default: m}}}
`,
    },
    calls: [
      { entryPoint: "one", parameters: { seed: "8" } },
      { entryPoint: "two", parameters: { seed: "9", size: "l" }, renamed: { size: "two.size" } },
    ],
  },
  {
    name: "a_path_that_is_read",
    files: {
      MLproject: `entry_points:
  main:
    parameters: {data: path, label: {type: string, default: ""}}
    command: "wc -c < {data} > size.txt && echo \\"[\\"{label}\\"]\\" >> size.txt"
`,
      "data/a b.csv": "12345\n",
    },
    calls: [{ parameters: { data: "data/a b.csv" } }],
  },
];

/** Those whose environments are not made here: they are imported and type-checked. */
export const otherImports: readonly Omit<ImportCase, "calls">[] = [
  {
    name: "conda",
    files: {
      MLproject: `name: Iris_Classifier
conda_env: conda.yaml
entry_points:
  train:
    command: "python train.py --alpha {alpha}"
    parameters:
      alpha: {type: float, default: 0.5}
  evaluate:
    command: "python eval.py --data-path {data_path}"
    parameters:
      data_path: {type: string}
`,
      "conda.yaml": `name: mlflow-demo-env
channels: [defaults]
dependencies: [python=3.9, scikit-learn=1.0.2, pip: ["mlflow>=2.10"]]
`,
    },
  },
  {
    name: "docker",
    files: {
      MLproject: `name: docker-example
docker_env:
  image: mlflow-docker-example
  volumes: ["/data:/mnt/data"]
  environment: [["NEW_VAR", "a value"], "COPIED"]
entry_points:
  main:
    parameters: {alpha: float}
    command: "python train.py --alpha {alpha}"
`,
    },
  },
];
