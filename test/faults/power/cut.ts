/** Cuts the power after each call of a recording, and tells what is missing, or wrong, of what was said to be done. */
import { digestBytes } from "../../../src/core/digest.ts";
import type { StepReport } from "../../../src/core/event.ts";
import { openRandom } from "../random.ts";
import type { DiskCall } from "./disk.ts";
import {
  examineOutputs,
  examineRuns,
  type FoundOutputs,
  type FoundRuns,
  outputsIn,
  placeRemains,
  type Remains,
  runsIn,
} from "./examine.ts";
import { type Recording, saidIn } from "./recording.ts";
import { identityOf, type Loss, remainsOf } from "./remains.ts";
import { runAgain } from "./run_again.ts";

export interface Cuts {
  /** Every way in which things may be lost that is tried after each call. */
  readonly losses: readonly Loss["leaves"][];
  /** Whether the disk is a journalled one; false when absent. */
  readonly isJournalled?: boolean;
  /** So large a share of the trees that differ is looked at, and every one of which nothing is left that was not safe; 1 when absent. */
  readonly share?: number;
  /** On so large a share of the trees that are looked at the whole program runs again; 0 when absent. */
  readonly runs?: number;
  /** Ends at the first fault that is like this. */
  readonly until?: RegExp;
}

export interface CutReport {
  /** Points at which the power was cut. */
  readonly cuts: number;
  /** Cuts by ways to lose. */
  readonly cases: number;
  /** Different ones, that were looked at. */
  readonly trees: number;
  /** Trees on which the whole program ran again. */
  readonly runs: number;
  /** Cases in which a result is forgotten that was kept: its step would run again. */
  readonly forgotten: number;
  /** Each once, with how often it was met and where first. */
  readonly faults: readonly string[];
}

/** A step, or a run, that was said to have ended well. */
type Promised = { readonly is: "step"; readonly report: StepReport } | {
  readonly is: "run";
  readonly id: string;
};

interface Found {
  readonly runs: FoundRuns;
  readonly outputs: FoundOutputs;
}

export async function cutPower(recording: Recording, cuts: Cuts): Promise<CutReport> {
  const disk = recording.open({ isJournalled: cuts.isJournalled ?? false });
  const examine = openExaminer(recording);
  const random = openRandom(1);
  const chosen = new Map<string, boolean>();
  const met = new Map<string, { readonly count: number; readonly first: string }>();
  const promises = openPromises();
  let [cases, trees, runs, forgotten] = [0, 0, 0, 0];
  const report = (): CutReport => ({
    ...{ cuts: recording.calls.length, cases, trees, runs, forgotten },
    faults: [...met].map(([fault, { count, first }]) => `${fault} [${count} times, first ${first}]`),
  });
  for (const [index, call] of recording.calls.entries()) {
    disk.apply(call);
    promises.hear(call);
    for (const loss of lossesAt(cuts.losses, index)) {
      cases++;
      const remains = remainsOf(disk, loss);
      const identity = digestBytes(identityOf(remains));
      const isNew = !chosen.has(identity);
      if (isNew) chosen.set(identity, loss.leaves === "nothing" || random.chance(cuts.share ?? 1));
      if (!chosen.get(identity)) continue;
      const found = await examine(remains);
      const faults = [
        ...[...found.runs.faults, ...found.outputs.faults, ...promises.findBroken(found)],
        ...promises.findEarly(recording, found),
      ];
      if (promises.isForgotten(found)) forgotten++;
      if (isNew) trees++;
      if (isNew && random.chance(cuts.runs ?? 0)) {
        runs++;
        placeRemains(recording, remains);
        faults.push(...await runAgain(recording, found.outputs.restorable));
      }
      for (const fault of faults) {
        const { count, first } = met.get(fault) ??
          { count: 0, first: `after call ${index}, left ${loss.leaves}` };
        met.set(fault, { count: count + 1, first });
      }
      if (cuts.until !== undefined && faults.some((fault) => cuts.until!.test(fault))) return report();
    }
  }
  return report();
}

const lossesAt = (kinds: readonly Loss["leaves"][], index: number): Loss[] =>
  kinds.map((leaves) => leaves === "torn" || leaves === "scattered" ? { leaves, seed: index } : { leaves });

/** Looks once at each part of a tree that is the same as one before. */
function openExaminer(recording: Recording): (remains: Remains) => Promise<Found> {
  const [knownRuns, knownOutputs] = [new Map<string, FoundRuns>(), new Map<string, FoundOutputs>()];
  const once = async <Part>(
    known: Map<string, Part>,
    part: Remains,
    look: (recording: Recording) => Promise<Part>,
  ): Promise<Part> => {
    const identity = digestBytes(identityOf(part));
    let found = known.get(identity);
    if (found === undefined) {
      placeRemains(recording, part);
      known.set(identity, found = await look(recording));
    }
    return found;
  };
  return async (remains) => ({
    runs: await once(knownRuns, runsIn(recording, remains), examineRuns),
    outputs: await once(knownOutputs, outputsIn(recording, remains), examineOutputs),
  });
}

/** What has been said to be done by now. */
function openPromises() {
  const promised: Promised[] = [];
  /** By whoever removed them: those are not looked for. */
  const removed = new Set<string>();
  let text = "";

  /** Neither among the artifacts of the run nor to be had from the cache. */
  const lostOutputs = ({ step, key, outputs }: StepReport, { outputs: found }: Found): string[] => {
    if (key !== undefined && found.restorable.has(key)) return [];
    return Object.entries(outputs)
      .filter(([, { path, digest }]) => !removed.has(path) && found.inPlace.get(path) !== digest)
      .map(([name]) => `output ${name} of step ${step}`);
  };
  const findBrokenStep = (report: StepReport, found: Found): string[] => {
    const { step } = report;
    const run = found.runs.runs.get(report.runId);
    if (run === undefined) return [`the run of step ${step}, which had ended, is gone`];
    const faults = lostOutputs(report, found).map((name) => `${name}, whose step had ended, is lost`);
    if (run.status !== "FINISHED") faults.push(`the run of step ${step}, which had ended, is ${run.status}`);
    for (const [name, value] of Object.entries(report.parameters)) {
      if (run.params[name] !== String(value)) faults.push(`parameter ${name} of step ${step} is lost`);
    }
    for (const [name, value] of Object.entries(report.metrics)) {
      if (run.metrics[name] !== value) faults.push(`metric ${name} of step ${step} is lost`);
    }
    return faults;
  };
  return {
    hear(call: DiskCall): void {
      if (call.is === "remove") removed.add(call.path);
      if (call.is !== "say") return;
      const lines = (text + call.text).split("\n");
      text = lines.pop()!;
      promised.push(...lines.flatMap((line) => promisesIn(line)));
    },
    /** What was said to be done and is not there. */
    findBroken: (found: Found): string[] =>
      promised.flatMap((each) => {
        if (each.is === "step") return findBrokenStep(each.report, found);
        const isFinished = found.runs.runs.get(each.id)?.status === "FINISHED";
        return isFinished ? [] : ["a run that had ended is not FINISHED"];
      }),
    /** A row never names what is not there: runs that are FINISHED while their outputs are not safe. */
    findEarly: ({ steps }: Recording, found: Found): string[] =>
      steps.filter(({ runId }) => found.runs.runs.get(runId)?.status === "FINISHED").flatMap((report) =>
        lostOutputs(report, found).map((name) => `${name}, whose run is FINISHED, is lost`)
      ),
    /** The step `report` is never kept. */
    isForgotten: ({ outputs }: Found): boolean =>
      promised.some((each) =>
        each.is === "step" && each.report.step !== "report" && !outputs.restorable.has(each.report.key!)
      ),
  };
}

function promisesIn(line: string): Promised[] {
  return saidIn(`${line}\n`).flatMap((event): Promised[] => {
    if (event.is === "run-ended" && event.status === "finished") return [{ is: "run", id: event.runId }];
    if (event.is !== "step-ended" || !["finished", "cached"].includes(event.outcome.is)) return [];
    return [{ is: "step", report: event }];
  });
}
