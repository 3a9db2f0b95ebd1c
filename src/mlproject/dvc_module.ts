/** A dvc.yaml as the module of a pipeline: its stages are steps, wired by their files. */
import { posix } from "node:path";
import { isConfinedPath } from "../core/confined_path.ts";
import type { DvcFile, DvcOutput, DvcStage } from "./read_dvc.ts";
import type {
  ModuleEnvironment,
  ModuleStep,
  ModuleWord,
  PipelineModule,
  StepInput,
  StepOutput,
} from "./pipeline_module.ts";
import { refuseFile } from "./refuse_file.ts";
import { nameOf } from "./typescript_text.ts";

/** What lies beside the dvc.yaml. */
export interface DvcSurroundings {
  readonly file: string;
  readonly folderName: string;
  /** A file of requirements, where there is one. */
  readonly requirements?: string;
  /** What is at a path relative to the dvc.yaml. */
  readonly look: (path: string) => "file" | "folder" | undefined;
  /** The text of a file that is there; undefined where it is too large, or no text. */
  readonly read: (path: string) => string | undefined;
}

/** Throws PROJECT_FILE_INVALID for stages that need each other, or what is not there. */
export function dvcModule({ stages, others }: DvcFile, around: DvcSurroundings): PipelineModule {
  const { file } = around;
  if (stages.length === 0) refuseFile(file, "it has no stages");
  const located = stages.map((stage) => locate(stage, file));
  const live = located.filter(({ stage }) => !stage.isFrozen);
  const makers = makersOf(live, file);
  const order = inOrder(live, makers, file);
  const taken = new Set(["main", "help"]);
  const names = new Map(order.map(({ stage }) => [stage.name, nameOf(stage.name, "stage", taken)]));
  const outputs = new Map(order.map((each) => [each, namedOutputs(each)]));
  const steps = order.map((each) => moduleStep(each, { makers, names, outputs, around }));
  const environment = environmentOf(order, around);
  const frozen = located.filter(({ stage }) => stage.isFrozen);
  return {
    name: nameOf(around.folderName, "pipeline", new Set()),
    origin: file,
    notes: [
      "Each stage runs in a folder of its own, as `workspace` says, and sees what it depends on, its parameter files, the files that its command names and the modules that these import: another one is added to `sources` and to the command. What it makes is kept as its outputs; the project's folder stays as it is.",
      "Whether a stage runs again is for its files to decide, a parameter file as a whole; dvc.lock and dvc's cache are not looked at.",
      ...environment.notes,
      ...frozen.map(({ stage }) =>
        `${file}:${stage.line}: stage \`${stage.name}\` is frozen and no step: its outputs are taken as they are.`
      ),
      ...others.map(({ key, line }) =>
        `${file}:${line}: \`${key}\` is left out: it is for dvc's own commands.`
      ),
    ],
    environment: environment.environment,
    scripts: { workspace: { about: workspaceAbout, text: workspace } },
    parameters: [],
    steps,
    logged: order.flatMap((each) =>
      each.outputs.flatMap(({ of }, index) => {
        const { name, format } = outputs.get(each)![index]!;
        if (of.is !== "metrics" || format !== "json") return [];
        const step = names.get(each.stage.name)!;
        return [{ name: nameOf(`${step}-${name}`, "metrics", taken), step, output: name }];
      })
    ),
    results: order.map(({ stage }) => names.get(stage.name)!),
  };
}

/** dvc runs what is on PATH; what that is, its file does not say. */
function environmentOf(
  order: readonly Located[],
  { requirements }: DvcSurroundings,
): { readonly environment: ModuleEnvironment; readonly notes: readonly string[] } {
  if (requirements !== undefined) return { environment: { is: "python", requirements }, notes: [] };
  const hasPython = order.some(({ stage }) => stage.commands.some((command) => /\bpython3?\b/.test(command)));
  return hasPython
    ? {
      environment: { is: "python", requirements: [] },
      notes: [
        "There is no requirements.txt: packages that its scripts import are to be named in `python({…})`.",
      ],
    }
    : {
      environment: { is: "host" },
      notes: [
        "Programs are those of this machine: what `host()` runs is not cached, and may differ elsewhere.",
      ],
    };
}

const workspaceAbout =
  "Runs a command where its files lie as dvc has them. Arguments: the command, its folder, then `source PATH`, `in PATH FILE` and `out PATH FILE`.";

const workspace = `set -eu
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

/** What stops at the first that fails, as dvc does. */
function joinCommands(commands: readonly string[]): string {
  const isSafe = commands.every((command) => !/[#\n\\&]\s*$|#|\n|<</.test(command));
  if (commands.length === 1 || isSafe) return commands.join(" &&\n");
  return commands.map((command) => `(\n${command}\n)`).join(" &&\n");
}

/** Paths relative to the dvc.yaml. */
interface Located {
  readonly stage: DvcStage;
  readonly folder: string;
  readonly needs: readonly string[];
  readonly parameters: readonly { readonly path: string; readonly names: readonly string[] }[];
  readonly outputs: readonly { readonly path: string; readonly of: DvcOutput }[];
  /** What lies elsewhere. */
  readonly foreign: readonly string[];
}

function locate(stage: DvcStage, file: string): Located {
  const within = (path: string): string | undefined => {
    const place = posix.normalize(posix.join(stage.folder, path)).replace(/(.)\/+$/, "$1");
    const isElsewhere = path.startsWith("/") || /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path);
    return !isElsewhere && isConfinedPath(place) ? place : undefined;
  };
  const folder = posix.normalize(stage.folder).replace(/(.)\/+$/, "$1");
  if (folder !== "." && !isConfinedPath(folder)) {
    refuseFile(file, `the folder of stage "${stage.name}" is not below it`, { line: stage.line, column: 1 });
  }
  const needs = stage.needs.map((path) => [path, within(path)] as const);
  const outputs = stage.outputs.map((of) => [of.path, within(of.path), of] as const);
  const parameters = stage.parameters.map((of) => ({
    path: within(of.file),
    names: of.names,
    file: of.file,
  }));
  return {
    stage,
    folder,
    needs: [...new Set(needs.flatMap(([, path]) => path ?? []))],
    outputs: outputs.flatMap(([, path, of]) => path === undefined ? [] : { path, of }),
    parameters: parameters.flatMap(({ path, names }) => path === undefined ? [] : { path, names }),
    foreign: [
      ...needs.flatMap(([path, found]) => found === undefined ? path : []),
      ...outputs.flatMap(([path, found]) => found === undefined ? path : []),
      ...parameters.flatMap(({ path, file }) => path === undefined ? file : []),
    ],
  };
}

/** The stage that makes each path. */
function makersOf(located: readonly Located[], file: string): ReadonlyMap<string, Located> {
  const makers = new Map<string, Located>();
  for (const each of located) {
    for (const { path } of each.outputs) {
      const other = makers.get(path);
      if (other !== undefined) {
        const what = `stages "${other.stage.name}" and "${each.stage.name}" both make \`${path}\``;
        refuseFile(file, what, { line: each.stage.line, column: 1 }, "Let one of them make it");
      }
      makers.set(path, each);
    }
  }
  return makers;
}

/** Whether one of the two is the other, or lies in it. */
const isRelated = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** The outputs of others that a stage needs, in their order. */
const neededOutputs = ({ needs, parameters }: Located, makers: ReadonlyMap<string, Located>): string[] => {
  const wanted = [...needs, ...parameters.map(({ path }) => path)];
  return [...makers.keys()].filter((path) => wanted.some((need) => isRelated(need, path)));
};

function inOrder(
  located: readonly Located[],
  makers: ReadonlyMap<string, Located>,
  file: string,
): readonly Located[] {
  const left = new Map(located.map((each): [Located, Set<Located>] => [
    each,
    new Set(neededOutputs(each, makers).map((path) => makers.get(path)!)),
  ]));
  const order: Located[] = [];
  while (left.size > 0) {
    const ready = [...left].filter(([, needs]) => [...needs].every((need) => !left.has(need)));
    if (ready.length === 0) {
      const [first] = left.keys();
      const names = [...left.keys()].map(({ stage }) => `"${stage.name}"`).slice(0, 5).join(", ");
      return refuseFile(file, `stages need each other: ${names}`, { line: first!.stage.line, column: 1 });
    }
    for (const [each] of ready) {
      order.push(each);
      left.delete(each);
    }
  }
  return order;
}

type NamedOutput = StepOutput & { readonly path: string };

function namedOutputs({ outputs }: Located): readonly NamedOutput[] {
  const taken = new Set<string>();
  return outputs.map(({ path }) => {
    const extension = /[^/]\.([A-Za-z0-9]+)$/.exec(path)?.[1];
    return {
      path,
      name: fileName(path, taken),
      ...(extension === undefined ? {} : { format: extension }),
    };
  });
}

const fileName = (path: string, taken: Set<string>): string =>
  nameOf(posix.basename(path).replace(/(.)\.[^.]*$/, "$1").replaceAll("-", "_"), "file", taken);

interface Wiring {
  readonly makers: ReadonlyMap<string, Located>;
  readonly names: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<Located, readonly NamedOutput[]>;
  readonly around: DvcSurroundings;
}

function moduleStep(each: Located, { makers, names, outputs, around }: Wiring): ModuleStep {
  const { stage } = each;
  const { file, look, read } = around;
  const own = outputs.get(each)!;
  const taken = new Set(own.map(({ name }) => name.toLowerCase().replaceAll("_", "-")));
  const made = neededOutputs(each, makers).filter((path) => makers.get(path) !== each);
  const wanted = [...each.needs, ...each.parameters.map(({ path }) => path)]
    .filter((path) => !made.some((output) => output === path || path.startsWith(`${output}/`)));
  for (const path of wanted) {
    if (look(path) !== undefined || made.some((output) => output.startsWith(`${path}/`))) continue;
    refuseFile(
      file,
      `stage "${stage.name}" needs \`${path}\`, which no stage makes and which is not there`,
      { line: stage.line, column: 1 },
      "If dvc keeps it, `dvc pull` or `dvc checkout` brings it",
    );
  }
  const there = wanted.filter((path) => look(path) !== undefined);
  const isSource = (path: string) => each.parameters.some((of) => of.path === path) || isCode(path);
  const named = [...new Set([...there.filter(isSource), ...namedFiles(each, made, there, look)])];
  const sources = withModules(named, look, read)
    .filter((path, index) => index < named.length || !there.some((other) => isRelated(path, other)));
  const inputs = [
    ...there.filter((path) => !isSource(path)).map((path) => ({
      path,
      input: { name: fileName(path, taken), from: { is: "file", path } } satisfies StepInput,
    })),
    ...made.map((path) => {
      const maker = makers.get(path)!;
      const output = outputs.get(maker)!.find((output) => output.path === path)!.name;
      const from = { is: "output" as const, step: names.get(maker.stage.name)!, output };
      return { path, input: { name: fileName(path, taken), from } satisfies StepInput };
    }),
  ];
  const text = (word: string): ModuleWord => [{ is: "text", text: word }];
  const hole = (of: "inputs" | "outputs", name: string): ModuleWord => [{ is: "hole", of, name }];
  return {
    name: names.get(stage.name)!,
    ...(stage.description === undefined ? {} : { description: stage.description }),
    notes: stageNotes(each, names.get(stage.name)!, file),
    parameters: [],
    inputs: inputs.map(({ input }) => input),
    outputs: own.map(({ name, format }) => ({ name, ...(format === undefined ? {} : { format }) })),
    sources,
    permissions: { net: true, write: [], env: [] },
    ...(stage.isAlwaysChanged ? { cache: false } : {}),
    command: [
      ...[text("bash"), text("-c"), [{ is: "script" as const, name: "workspace" }], text("bash")],
      ...[text(joinCommands(stage.commands)), text(each.folder)],
      ...sources.flatMap((path) => [text("source"), text(path)]),
      ...inputs.flatMap(({ path, input }) => [text("in"), text(path), hole("inputs", input.name)]),
      ...own.flatMap(({ path, name }) => [text("out"), text(path), hole("outputs", name)]),
    ],
    after: [],
  };
}

const isCode = (path: string): boolean => /\.(py|sh|R|r|jl|ipynb|js|ts|pl|rb|sql)$/.test(path);

/** Files that a command names and the stage does not: dvc runs it where all files are. */
function namedFiles(
  { stage, folder, outputs }: Located,
  made: readonly string[],
  there: readonly string[],
  look: DvcSurroundings["look"],
): string[] {
  const known = [...there, ...made, ...outputs.map(({ path }) => path)];
  const words = stage.commands.flatMap((command) => command.match(/[\w./-]+/g) ?? []);
  const modules = stage.commands.flatMap((command) => [...command.matchAll(/\s-m\s+([\w.]+)/g)])
    .map(([, name]) => `${name!.replaceAll(".", "/")}.py`);
  return [...words, ...modules].map((word) => posix.normalize(posix.join(folder, word)))
    .filter((path) =>
      isConfinedPath(path) && look(path) === "file" && !known.some((other) => isRelated(path, other))
    );
}

/** With the modules beside them that Python files import, and those that these import. */
function withModules(
  paths: readonly string[],
  look: DvcSurroundings["look"],
  read: DvcSurroundings["read"],
): readonly string[] {
  const found = new Set(paths);
  for (const path of found) {
    if (!path.endsWith(".py")) continue;
    const names = [...(read(path) ?? "").matchAll(/^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)/gm)];
    for (const name of new Set(names.map(([, name]) => name!))) {
      for (const folder of new Set([posix.dirname(path), "."])) {
        const place = posix.join(folder, name);
        if (look(`${place}.py`) === "file") found.add(`${place}.py`);
        else if (look(`${place}/__init__.py`) === "file") found.add(place);
      }
    }
  }
  return [...found];
}

function stageNotes({ stage, parameters, foreign, outputs }: Located, name: string, file: string): string[] {
  const at = `${file}:${stage.line}`;
  const looked = parameters.flatMap(({ path, names }) =>
    names.length === 0 ? `all of ${path}` : names.map((each) => `${each} of ${path}`)
  );
  const metrics = outputs.filter(({ of, path }) => of.is === "metrics" && !path.endsWith(".json"))
    .map(({ path }) => path);
  return [
    ...(name === stage.name ? [] : [`${at}: stage \`${stage.name}\``]),
    ...(looked.length === 0 ? [] : [`${at}: it looks at ${looked.join(", ")}.`]),
    ...(metrics.length === 0
      ? []
      : [`${at}: the numbers in ${metrics.join(", ")} are not logged, as it is no JSON.`]),
    ...foreign.map((path) =>
      `${at}: \`${path}\` is not below this folder: it is neither input nor output; \`permissions\` may name it.`
    ),
    ...outputs.filter(({ of }) => of.isKept)
      .map(({ path }) => `${at}: \`${path}\` persists with dvc; here it begins empty.`),
    ...(stage.isAlwaysChanged ? [`${at}: it always runs.`] : []),
  ];
}
