/** Whether the world is what a recorded plan says, so that its steps can run again. */
import { canonicalJson } from "../core/canonical_json.ts";
import { refuse, SluiceError } from "../core/error.ts";
import { inputsOf, type Plan, type PlannedInput, type PlannedStep } from "../core/plan.ts";
import type { PlannedFiles } from "../core/ports/planned_files.ts";
import { isAtLeast, type SandboxTier } from "../core/sandbox_tier.ts";
import type { SourceList } from "../core/sources.ts";
import { type Answer, type Observations, type Question, questionKey } from "../plan/observation.ts";
import { observeWorld, type World } from "./observe_world.ts";
import { type Change, type CheckedSources, checkSources } from "./verify_sources.ts";

export interface CheckedWorld {
  /** The recorded plan under the sandbox there is, with nothing taken from the cache or kept in it. */
  readonly plan: Plan;
  readonly files: PlannedFiles;
}

/** What a question was answered when the plan was made. */
interface Asked {
  readonly question: Question;
  readonly what: string;
  readonly before: Answer;
}

/** `run` names the plan's run and the commit of its sources, for the refusal. Fails with VERIFY_IMPOSSIBLE. */
export async function checkWorld(
  plan: Plan,
  world: World,
  run: { readonly id: string; readonly gitCommit?: string | undefined },
): Promise<CheckedWorld> {
  const asked = plan.steps.flatMap((step) => questionsOf(step, plan));
  const holds = plan.steps.map(holdQuestion);
  const { observations, files } = await observeWorld(
    [...asked.map(({ question }) => question), ...holds],
    world,
  );
  const sources = new Map<string, CheckedSources>();
  for (const step of plan.steps) {
    const key = sourcesKey(step);
    if (step.body.is !== "command" || sources.has(key)) continue;
    sources.set(key, await checkSources(step, plan.sources[step.sources]!, world.digests));
  }
  const tiers = plan.steps.map((step) => tierOf(step, observations));
  const changes = [
    ...asked.flatMap((one) => changesOf(one, observations)),
    ...[...sources.values()].flatMap((checked) => checked.changes),
    ...plan.steps.flatMap((step, index) => tierChange(step, tiers[index]!)),
  ];
  if (changes.length > 0) refuseChanged(changes, run);
  return {
    plan: {
      ...plan,
      steps: plan.steps.map((step, index) => ({ ...step, sandbox: tiers[index]!, cache: false })),
    },
    files: {
      visible: (step) => sources.get(sourcesKey(step))?.visible ?? files.visible(step),
      look() {
        const look = files.look();
        return {
          findChange: (step) => sources.get(sourcesKey(step))?.findChange() ?? look.findChange(step),
        };
      },
      texts: () => Promise.resolve(new Map()),
    },
  };
}

const sourcesKey = (step: PlannedStep): string => `${step.body.is} ${step.sources} ${step.folder}`;

function questionsOf(step: PlannedStep, plan: Plan): Asked[] {
  const { body, place } = step;
  const inputs = Object.values(step.inputs).flatMap(inputsOf);
  return [
    {
      question: { is: "environment", spec: step.environment },
      what: `environment of step "${step.name}"`,
      before: step.environmentState,
    },
    ...(body.is === "function"
      ? [{
        question: { is: "modules", module: body.module } as const,
        what: `modules of step "${step.name}"`,
        before: plan.sources[step.sources]!,
      }]
      : []),
    ...inputs.flatMap((input) => inputQuestion(input, step)),
    ...Object.values(step.arguments).flatMap((argument): Asked[] => {
      if (argument.is !== "value" || argument.digest === undefined) return [];
      const path = String(argument.value);
      return [{ question: { is: "content", path, place }, what: `\`${path}\``, before: argument.digest }];
    }),
    ...step.permissions.read.map((path): Asked => ({
      question: { is: "granted", path },
      what: `\`${path}\``,
      before: step.granted.read[path] ?? null,
    })),
    ...step.permissions.env.map((name): Asked => ({
      question: { is: "variable", name },
      what: `environment variable ${name}`,
      before: step.granted.env[name] ?? null,
    })),
  ];
}

function inputQuestion(input: PlannedInput, { place }: PlannedStep): Asked[] {
  switch (input.is) {
    case "output":
      return [];
    case "file":
      return [{
        question: { is: "content", path: input.path, place },
        what: `\`${input.path}\``,
        before: input.digest,
      }];
    case "registered": {
      const { uri, version, location, digest } = input;
      return [{
        question: { is: "registered", uri, place },
        what: `model \`${uri}\``,
        before: { version, location, ...(digest === undefined ? {} : { digest }) },
      }];
    }
  }
}

/** What was held by the strongest sandbox is to be held by it again. */
const holdQuestion = (step: PlannedStep): Question => ({
  is: "hold",
  body: step.body.is,
  net: step.permissions.net,
  needsFull: step.sandbox === "bubblewrap",
});

/** Fails with what the sandbox fails with: it says best what to do. */
function tierOf(step: PlannedStep, observations: Observations): SandboxTier {
  const answer = observations.get(questionKey(holdQuestion(step)))!;
  if (!answer.ok) throw new SluiceError(answer.failure);
  return answer.value as SandboxTier;
}

const tierChange = (step: PlannedStep, tier: SandboxTier): Change[] =>
  isAtLeast(tier, step.sandbox)
    ? []
    : [{ what: `sandbox of step "${step.name}"`, before: step.sandbox, after: tier }];

function changesOf({ question, what, before }: Asked, observations: Observations): Change[] {
  const answer = observations.get(questionKey(question))!;
  if (!answer.ok) return [{ what, before: answerText(before), after: answer.failure.message }];
  const after = answer.value;
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (question.is !== "modules") return [{ what, before: answerText(before), after: answerText(after) }];
  const [one, other] = [before as SourceList, after as SourceList];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return names.filter((name) => one[name] !== other[name]).map((name) => ({
    what: name.startsWith("npm:") || name === "sluice"
      ? name
      : `module \`${name}\` of ${what.replace(/^modules of /, "")}`,
    before: one[name] ?? "nothing",
    after: other[name] ?? "nothing",
  }));
}

function answerText(answer: Answer): string {
  if (answer === null) return "nothing";
  if (typeof answer === "string") return answer;
  if ("is" in answer && answer.is === "locked") return String(answer.id);
  if ("is" in answer && answer.is === "unlocked") return `not locked, as ${answer.because}`;
  return canonicalJson(answer);
}

/** How many changes are told. */
const told = 20;

function refuseChanged(
  changes: readonly Change[],
  run: { readonly id: string; readonly gitCommit?: string | undefined },
): never {
  const unique = [...new Set(changes.map(changeText))];
  const more = unique.length - told;
  const count = unique.length === 1 ? "something is" : `${unique.length} things are`;
  return refuse({
    code: "VERIFY_IMPOSSIBLE",
    message: `Cannot verify run \`${run.id}\` as ${count} no longer what the run was made from`,
    details: [...unique.slice(0, told), ...(more > 0 ? [`and ${more} more`] : [])].join("\n"),
    hint: run.gitCommit === undefined
      ? "Put back what it was made from, or run it anew and verify that run"
      : `It was made from commit ${run.gitCommit}, perhaps with changes that were not committed: verify it in that checkout, at the same path`,
  });
}

const changeText = ({ what, before, after }: Change): string =>
  `${what}: ${short(before)} -> ${short(after)}`;
const short = (text: string): string =>
  text.replaceAll(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, "$1").slice(0, 200);
