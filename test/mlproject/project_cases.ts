/** Calls of `mlflow run`, each of which sluice must answer as MLflow does. */
import type { ProjectCase } from "./project_case.ts";
import { publicProjects } from "./public_projects.ts";

const main = (command: string, parameters = ""): Readonly<Record<string, string>> => ({
  MLproject: `name: example\nentry_points:\n  main:\n${parameters}    command: ${JSON.stringify(command)}\n`,
});
const alpha = "    parameters:\n      alpha: {type: float, default: 0.5}\n";
const text = "    parameters:\n      text: string\n";
/** Prints each word it is given in brackets. */
const words = (holes: string): string => `printf '[%s]' ${holes}`;

const leftRunning = "MLflow leaves a run that stays RUNNING; here it is refused before anything is recorded";

/** Values that a shell, YAML or a format would take for something else. */
const values: Readonly<Record<string, string>> = {
  "a space": "a b",
  "two spaces at the ends": "  a  ",
  "nothing": "",
  "single quotes": "it's",
  "double quotes": 'say "x"',
  "a dollar": "$HOME ${HOME} $(id)",
  "a backquote": "`id`",
  "a backslash": "a\\b\\",
  "a line end": "a\nb",
  "letters of other scripts": "größe 値 🙂",
  "a semicolon and an ampersand": "a; b && c | d > e",
  "a star": "*",
  "a tilde": "~/x",
  "braces": "{alpha} {{x}}",
  "an equals sign": "a=b=c",
  "a dash": "--flag",
  "a hash": "#a",
  "an exclamation mark": "a!b",
  "what is safe": "aZ0_@%+=:,./-",
  "brackets": "[a] (b) <c>",
  "a number": "1e-3",
};

export const projectCases: readonly ProjectCase[] = [
  { name: "a command without parameters", files: main("true") },
  { name: "a command that fails", files: main("exit 3") },
  { name: "a command that is not there", files: main("no-such-program") },
  { name: "a command of several lines", files: main("true\ntrue") },
  { name: "a default", files: main(words("{alpha}"), alpha) },
  {
    name: "a parameter that is given",
    files: main(words("{alpha}"), alpha),
    arguments: ["project", "-P", "alpha=0.1"],
  },
  {
    name: "a float that is none",
    files: main(words("{alpha}"), alpha),
    arguments: ["project", "-P", "alpha=much"],
  },
  { name: "a parameter used twice", files: main(words("{alpha} {alpha}"), alpha) },
  { name: "a parameter that the command does not use", files: main("true", alpha) },
  { name: "a parameter without a value", files: main(words("{text}"), text) },
  {
    name: "two parameters without a value",
    files: main(words("{a} {b}"), "    parameters:\n      a: string\n      b: {type: float}\n"),
  },
  { name: "a parameter more", files: main("true"), arguments: ["project", "-P", "extra=1"] },
  {
    name: "several parameters more, in their order",
    files: main(words("{alpha}"), alpha),
    arguments: ["project", "-P", "z=1", "-P", "alpha=2", "-P", "a=3 4"],
  },
  {
    name: "a parameter more with a name like shell syntax",
    files: main("true"),
    arguments: ["project", "-P", "a;b $(id)=1"],
    differs: { in: ["run"], why: leftRunning },
  },
  { name: "a parameter without an equals sign", files: main("true"), arguments: ["project", "-P", "extra"] },
  { name: "a parameter twice", files: main("true"), arguments: ["project", "-P", "a=1", "-P", "a=2"] },
  {
    name: "a hole that no parameter is named for",
    files: main(words("{nobody}")),
    differs: { in: ["run"], why: leftRunning },
  },
  {
    name: "a hole that no parameter is named for, and a value",
    files: main(words("{nobody}")),
    arguments: ["project", "-P", "nobody=1"],
    differs: {
      in: ["success", "child", "run", "status", "params", "tags"],
      why: "MLflow fails with a KeyError; here it is a required text",
    },
  },
  { name: "braces that are written twice", files: main("printf '{{a}}'") },
  {
    name: "a brace that stands alone",
    files: main("printf '{'"),
    differs: { in: ["run"], why: leftRunning },
  },
  { name: "a hole without a name", files: main("printf {}"), differs: { in: ["run"], why: leftRunning } },
  { name: "a hole that pads", files: main(words("{alpha:>8}"), alpha) },
  {
    name: "a hole with the format of a number",
    files: main(words("{alpha:.2f}"), alpha),
    differs: { in: ["run"], why: leftRunning },
  },
  {
    name: "no command",
    files: { MLproject: "entry_points:\n  main:\n    parameters: {}\n" },
    differs: { in: ["run"], why: leftRunning },
  },
  {
    name: "another entry point",
    files: { MLproject: "entry_points:\n  train: {command: 'true'}\n" },
    arguments: ["project", "-e", "train"],
  },
  { name: "no main", files: { MLproject: "entry_points:\n  train: {command: 'true'}\n" } },
  { name: "an entry point that is not there", files: main("true"), arguments: ["project", "-e", "nobody"] },
  { name: "a script of Python", files: { "a.py": "print(1)\n" }, arguments: ["project", "-e", "a.py"] },
  {
    name: "a script of Python beside an MLproject",
    files: { ...main("true"), "a.py": "" },
    arguments: ["project", "-e", "a.py", "-P", "x=1"],
  },
  {
    name: "a script of a shell",
    files: { "a.sh": "exit 0\n" },
    arguments: ["project", "-e", "a.sh"],
    variables: { SHELL: "/bin/sh" },
  },
  {
    name: "a script of a shell, where SHELL is not set",
    files: { "a.sh": "exit 0\n" },
    arguments: ["project", "-e", "a.sh"],
  },
  {
    name: "a script with a space in its name",
    files: { "a b.py": "" },
    arguments: ["project", "-e", "a b.py"],
  },
  { name: "a script in a folder", files: { "s/a.py": "" }, arguments: ["project", "-e", "s/a.py"] },
  { name: "a script that is not there", files: { "a.py": "" }, arguments: ["project", "-e", "b.py"] },
  { name: "no MLproject, and no script", files: { "a.txt": "" } },
  { name: "a file in other letters", files: { mlPROJECT: main("true")["MLproject"]! } },
  { name: "an empty file", files: { MLproject: "" } },
  { name: "a file that is no YAML", files: { MLproject: "entry_points: [" } },
  { name: "entry points that are a list", files: { MLproject: "entry_points: [main]\n" } },
  { name: "parameters that are a list", files: main("true", "    parameters: [alpha]\n") },
  {
    name: "a run's name",
    files: main("true"),
    arguments: ["project", "--run-name", "my run"],
  },
  { name: "an experiment's name", files: main("true"), arguments: ["project", "--experiment-name", "wine"] },
  {
    name: "an experiment's name as a variable",
    files: main("true"),
    variables: { MLFLOW_EXPERIMENT_NAME: "wine" },
  },
  { name: "an experiment's id", files: main("true"), arguments: ["project", "--experiment-id", "0"] },
  {
    name: "an experiment that is not there",
    files: main("true"),
    arguments: ["project", "--experiment-id", "77"],
  },
  {
    name: "an experiment by both",
    files: main("true"),
    arguments: ["project", "--experiment-id", "0", "--experiment-name", "a"],
  },
  { name: "a folder that is not there", files: main("true"), arguments: ["nowhere"] },
  { name: "a checkout of git", files: main("true"), git: "project" },
  { name: "a folder below the top of a checkout", files: main("true"), git: "work" },
  {
    name: "a checkout with a remote",
    files: main("true"),
    git: "project",
    remote: "https://user:secret@git.example/a/b.git",
  },
  {
    name: "a checkout with a remote by ssh",
    files: main("true"),
    git: "project",
    remote: "git@git.example:a/b.git",
  },
  {
    name: "a folder below, after a hash",
    files: { "below/MLproject": main("true")["MLproject"]! },
    arguments: ["project#below"],
  },
  { name: "a folder below that is not there", files: main("true"), arguments: ["project#below"] },
  { name: "a folder below with points", files: main("true"), arguments: ["project#../project"] },
  {
    name: "a path",
    files: main(words("{data}"), "    parameters:\n      data: path\n"),
    beside: { "data.csv": "1\n" },
    arguments: ["project", "-P", "data=data.csv"],
  },
  {
    name: "a path with a space, by its default",
    files: main(words("{data}"), "    parameters:\n      data: {type: path, default: some data.csv}\n"),
    beside: { "some data.csv": "1\n" },
  },
  {
    name: "a path that is not there",
    files: main(words("{data}"), "    parameters:\n      data: path\n"),
    arguments: ["project", "-P", "data=nowhere.csv"],
    differs: { in: ["run"], why: leftRunning },
  },
  {
    name: "a uri",
    files: main(words("{data}"), "    parameters:\n      data: uri\n"),
    arguments: ["project", "-P", "data=s3://bucket/a b.csv"],
  },
  {
    name: "a uri without a scheme",
    files: main(words("{data}"), "    parameters:\n      data: uri\n"),
    arguments: ["project", "-P", "data=a.csv"],
    differs: { in: ["run"], why: leftRunning },
  },
  {
    name: "a type that MLflow does not know",
    files: main(words("{a}"), "    parameters:\n      a: {type: text, default: b}\n"),
  },
  {
    name: "defaults of every kind that YAML has",
    files: main(
      words("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l}"),
      "    parameters:\n      a: {default: 0.00001}\n      b: {default: 1e3}\n      c: {default: yes}\n" +
        "      d: {default: 010}\n      e: {default: 0x1F}\n      f: {default: 2020-01-02}\n      g: {default: [1, 'a', yes]}\n" +
        "      h: {default: {x: 1.0}}\n      i: {default: ''}\n      j: {default: '0.10'}\n      k: {default: 1.0e+20}\n" +
        "      l: {default: 1:30}\n",
    ),
  },
  {
    name: "a default that is null",
    files: main(words("{a}"), "    parameters:\n      a: {default: null}\n"),
  },
  { name: "parameters that are empty", files: main("true", "    parameters: {}\n") },
  {
    name: "two environments",
    files: { MLproject: `${main("true")["MLproject"]}conda_env: a.yaml\npython_env: b.yaml\n` },
  },
  {
    name: "an environment's file that is not there",
    files: { MLproject: `${main("true")["MLproject"]}conda_env: a.yaml\n` },
  },
  {
    name: "variables of the caller",
    files: main("true"),
    variables: { ANSWER: "42", EMPTY: "", MLFLOW_RUN_ID: "" },
  },
  {
    name: "a tracker as a variable",
    files: main("true"),
    variables: { MLFLOW_TRACKING_URI: "sqlite:///mlflow.db" },
    differs: {
      in: ["child"],
      why:
        "MLflow hands a relative address on, by which the process, in another folder, logs to another file",
    },
  },
  ...Object.entries(values).map(([name, value]) => ({
    name: `a value with ${name}`,
    files: main(words("{text}"), text),
    arguments: ["project", "-P", `text=${value}`],
  })),
  ...Object.entries(values).slice(0, 12).map(([name, value]) => ({
    name: `a parameter more whose value has ${name}`,
    files: main("true"),
    arguments: ["project", "-P", `text=${value}`],
  })),
  ...publicProjects,
];
