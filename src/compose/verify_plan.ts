/** Reads the plan that a run was made by, from the run's own artifacts. */
import { z } from "zod";
import { isFileName } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { outputFileName } from "../core/kind.ts";
import { inputsOf, type Plan, Plan as PlanSchema, type PlannedStep, planVersion } from "../core/plan.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { digestSourceList } from "../core/sources.ts";
import { byReference, keyOf, keyParts } from "../core/step_key.ts";
import { type Run, TrackingError } from "../core/tracking.ts";
import { planArtifact } from "../scheduler/execute.ts";

const limitBytes = 1 << 28;

/**
 * The plan of a pipeline's run, whose keys, sources and names are what it says.
 *
 * Fails with VERIFY_IMPOSSIBLE where there is none or it is damaged, and FORMAT_NEWER.
 */
export async function readRecordedPlan(tracker: Tracker, run: Run): Promise<Plan> {
  const value = parse(await readArtifact(tracker, run), run);
  const version = Version.safeParse(value).data?.version;
  if (version !== undefined && version > planVersion) {
    return refuse({
      code: "FORMAT_NEWER",
      message:
        `Cannot read the plan of run \`${run.info.id}\` as its version is ${version}, and ${planVersion} is the newest that this sluice knows`,
      hint: "Verify it with a newer sluice",
    });
  }
  const parsed = PlanSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuseDamaged(run, `at \`${issue?.path.join(".")}\`: ${issue?.message}`);
  }
  const flaw = findFlaw(parsed.data);
  return flaw === undefined ? parsed.data : refuseDamaged(run, flaw);
}

const Version = lazySchema(() => z.object({ version: z.number() }));

async function readArtifact(tracker: Tracker, run: Run): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of await tracker.artifacts.read(run.info.artifactUri, planArtifact)) {
      size += part.length;
      if (size > limitBytes) return refuseDamaged(run, `it is larger than ${limitBytes} bytes`);
      parts.push(part);
    }
  } catch (error) {
    const isMissing = error instanceof TrackingError || error instanceof Deno.errors.NotFound;
    if (!isMissing) throw error;
    const folder = tracker.artifacts.localFolder(run.info.artifactUri);
    const isOurs = run.tags.some(({ key }) => key === "sluice.pipeline");
    if (isOurs && folder !== undefined && await isGone(folder)) {
      return refuse({
        code: "VERIFY_IMPOSSIBLE",
        message: `Cannot verify run \`${run.info.id}\` as its artifacts are not at \`${folder}\` any more`,
        hint: "A tracker names artifacts by absolute paths: put the folder back where the run was made",
      });
    }
    return refuse({
      code: "VERIFY_IMPOSSIBLE",
      message:
        `Cannot verify run \`${run.info.id}\` as it has no recorded plan, the artifact \`${planArtifact}\``,
      hint: "Runs of a pipeline have one, made by sluice itself; `sluice runs list` shows them",
    });
  }
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

const isGone = (folder: string): Promise<boolean> => Deno.lstat(folder).then(() => false, () => true);

function parse(bytes: Uint8Array, run: Run): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return refuseDamaged(run, "it is no JSON");
  }
}

function refuseDamaged(run: Run, flaw: string): never {
  return refuse({
    code: "VERIFY_IMPOSSIBLE",
    message:
      `Cannot verify run \`${run.info.id}\` as its recorded plan is not one that this sluice can read: ${
        flaw.slice(0, 300)
      }`,
    hint: "Something else wrote it, or another version of sluice did",
  });
}

/** What is wrong with a plan of the right shape: it may have been edited, and it says which files are touched. */
function findFlaw(plan: Plan): string | undefined {
  const keys = new Map<string, PlannedStep["key"]>();
  const outputs = new Map<string, ReadonlySet<string>>();
  for (const [digest, list] of Object.entries(plan.sources)) {
    if (digestSourceList(list) !== digest) {
      return `the sources ${digest.slice(0, 19)} are not what their digest says`;
    }
  }
  for (const step of plan.steps) {
    const named = `step "${step.name.slice(0, 60)}"`;
    if (keys.has(step.name)) return `${named} is in it twice`;
    const list = plan.sources[step.sources];
    if (list === undefined) return `the sources of ${named} are not in it`;
    if (step.body.is === "command" && Object.keys(list).some(isOutside)) {
      return `a source of ${named} leaves its folder`;
    }
    const unknown = earlierOf(step).find(([name, output]) =>
      !keys.has(name) || (output !== undefined && !outputs.get(name)!.has(output))
    );
    if (unknown !== undefined) {
      return `${named} needs "${unknown[0].slice(0, 60)}", which does not come before it`;
    }
    if (Object.entries(step.outputs).some(([name, kind]) => !isFileName(outputFileName(name, kind)))) {
      return `an output of ${named} has a name that no file can have`;
    }
    if (keyOf(keyParts(step, byReference((name) => keys.get(name)!))) !== step.key) {
      return `the key of ${named} is not what it stands for`;
    }
    keys.set(step.name, step.key);
    outputs.set(step.name, new Set(Object.keys(step.outputs)));
  }
  return undefined;
}

/** The steps that one names, each with the output where it is one. */
function earlierOf(step: PlannedStep): (readonly [step: string, output?: string])[] {
  const inputs = Object.values(step.inputs).flatMap(inputsOf);
  return [
    ...step.needs.map((name) => [name] as const),
    ...inputs.flatMap((input) => input.is === "output" ? [[input.step, input.output] as const] : []),
    ...Object.values(step.arguments).flatMap((argument) =>
      argument.is === "metric" ? [[argument.step] as const] : []
    ),
  ];
}

const isOutside = (path: string): boolean =>
  path.startsWith("/") || path.includes("\0") || path.split("/").some((part) => part === ".." || part === "");
