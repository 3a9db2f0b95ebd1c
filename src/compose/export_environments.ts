/** The environments of a pipeline's steps as files of an MLflow project, from what `sluice.lock` says. */
import type { EnvironmentSpec } from "../core/environment.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import type { PipelineDefinition, StepUse } from "../core/pipeline.ts";
import { condaParts } from "../environments/packages.ts";
import type { EnvironmentKey } from "../mlproject/exported_pipeline.ts";
import type { Unsaid } from "../mlproject/unsaid.ts";
import {
  commandScript,
  writeConda,
  writeCondaForPip,
  writeEnvironmentProject,
  writePythonEnv,
  writeRequirements,
} from "../mlproject/write_environment.ts";
import { findEnvironments, pipelineKey } from "./lock_record.ts";
import type { Session } from "./session.ts";

export interface ExportedEnvironments {
  /** Of the whole. */
  readonly key: EnvironmentKey;
  readonly files: readonly (readonly [string, string])[];
  /** The folder of the project with the environment of a step; undefined where it is that of the whole. */
  of(use: StepUse): string | undefined;
  readonly unsaid: readonly Unsaid[];
}

type Made = Extract<EnvironmentSpec, { kind: "python" | "conda" }>;

/** The one that most steps ask for is that of the whole. Fails as locking does. */
export async function exportEnvironments(
  definition: PipelineDefinition,
  session: Session,
  onProgress: (line: string) => void,
): Promise<ExportedEnvironments> {
  const asked = findEnvironments(definition)
    .filter((one): one is typeof one & { spec: Made } => ["python", "conda"].includes(one.spec.kind))
    .sort((a, b) => b.steps.length - a.steps.length);
  const locked = await lockedPackages(definition, asked.map(({ spec }) => spec), session, onProgress);
  const [root, ...others] = asked;
  const unsaid: Unsaid[] = [];
  const filesOf = async (index: number, name: string) => {
    const { spec, steps } = asked[index]!;
    const say = (what: string) => unsaid.push({ name: steps[0]!, what, at: definition.place });
    return await environmentFiles(name, spec, locked[index], say);
  };
  const whole = root === undefined
    ? {
      key: { python_env: "python_env.yaml" },
      files: [
        ["python_env.yaml", writePythonEnv(undefined, false)],
        ["conda.yaml", writeCondaForPip(definition.name, undefined, false)],
        ["requirements.txt", ""],
      ] as const,
    }
    : await filesOf(0, definition.name);
  const files: (readonly [string, string])[] = [...whole.files];
  for (const index of others.keys()) {
    const name = `${definition.name}-${index + 1}`;
    const own = await filesOf(index + 1, name);
    const folder = `environments/${index + 1}`;
    files.push([`${folder}/MLproject`, writeEnvironmentProject(name, own.key)]);
    files.push(...own.files.map(([file, text]) => [`${folder}/${file}`, text] as const));
  }
  if (others.length > 0) files.push(["run_command.py", commandScript]);
  const keys = asked.map(({ spec }) => canonicalJson(spec));
  return {
    key: whole.key,
    files,
    of({ definition: { environment } }) {
      const index = keys.indexOf(canonicalJson(environment));
      return index < 1 ? undefined : `environments/${index}`;
    },
    unsaid,
  };
}

async function environmentFiles(
  name: string,
  spec: Made,
  entry: LockedEntry | undefined,
  say: (what: string) => void,
): Promise<{ key: EnvironmentKey; files: readonly (readonly [string, string])[] }> {
  const packages = entry?.packages ?? {};
  const pins = Object.keys(packages);
  if (spec.kind === "conda") {
    const key = { conda_env: "conda.yaml" };
    if (spec.file !== undefined) {
      say("conda: versions are those that the environment file asks for, not those that `sluice.lock` has");
      return { key, files: [["conda.yaml", await Deno.readTextFile(spec.file)]] };
    }
    say("conda: no digests, which conda.yaml has no place for");
    const archives = pins.map(condaParts).filter((parts) => parts !== undefined)
      .map((parts) => `${parts.name}=${parts.version}=${parts.build}`).sort();
    const others = Object.entries(packages).filter(([pin]) => condaParts(pin) === undefined);
    return {
      key,
      files: [
        ["conda.yaml", writeConda(name, { ...spec, packages: archives }, others.length > 0)],
        ...(others.length === 0
          ? []
          : [["requirements.txt", writeRequirements(Object.fromEntries(others))] as const]),
      ],
    };
  }
  if (pins.some((pin) => /^\.{0,2}\//.test(pin))) {
    say("packages given as archives are named by their paths, and not among the files");
  }
  if (Object.values(packages).some((digests) => digests.length === 0)) {
    say("requirements.txt: no hashes, as a package of version control has none");
  }
  const has = pins.length > 0;
  const python = entry?.python ?? spec.version;
  return {
    key: { python_env: "python_env.yaml" },
    files: [
      ["python_env.yaml", writePythonEnv(python, has)],
      ["conda.yaml", writeCondaForPip(name, python, has)],
      ["requirements.txt", writeRequirements(packages)],
    ],
  };
}

interface LockedEntry {
  readonly python: string;
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

/** What the lock has of each; where it lacks one, the pipeline is locked first, as its first run would. */
async function lockedPackages(
  definition: PipelineDefinition,
  specs: readonly EnvironmentSpec[],
  session: Session,
  onProgress: (line: string) => void,
): Promise<readonly (LockedEntry | undefined)[]> {
  if (specs.length === 0) return [];
  const environments = await session.environments();
  const look = async () => {
    const { before, keys } = await environments.relock({
      ...{ pipeline: pipelineKey(definition), specs, files: {}, modules: {} },
      ...{ upgrade: "nothing", keepsUnrecorded: true, isCheck: true },
    }, { signal: new AbortController().signal, onProgress: () => {} });
    return keys.map((key) => key === undefined ? undefined : before.lock?.environments[key]);
  };
  const found = await look();
  if (!found.includes(undefined)) return found;
  onProgress("Resolving environments");
  const { lockPipeline } = await import("./lock_pipeline.ts");
  await lockPipeline(definition, session, { upgrade: "nothing", isCheck: false });
  return await look();
}
