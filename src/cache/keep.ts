/** Keeps what a step made: first its files, forced to disk, then the result that names them. */
import { dirname, join } from "node:path";
import { syncFolder } from "../core/atomic_write.ts";
import { digestFile } from "../core/file_tree.ts";
import type { KeptFile, StepResult } from "../core/step_result.ts";
import { blobMemory, blobMode, copyFile, hasBlob, linkBlob, refuseChanged, tryLink } from "./blobs.ts";
import { openBreather } from "./breather.ts";
import { isSound, removeFile, writeResult } from "./entries.ts";
import { contentOf, type Examination, openExamination, smallBytes } from "./examination.ts";
import { shareStore } from "./locks.ts";
import { blobName, findInfo, foldersAbove, openPlaces, type Places } from "./places.ts";

/** Files forced to disk together: a file system then writes its journal once for many. */
const batchSize = 64;

/** A file of an output, where it lies and as it was seen there. */
interface Made {
  readonly file: KeptFile;
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** Throws RESULT_CHANGED, CACHE_UNUSABLE, FOLDER_NOT_WRITABLE. */
export async function keepResult(
  { cache, clock }: { readonly cache: string; readonly clock: () => number },
  result: StepResult,
  folder: string,
): Promise<void> {
  if (!isSound(result)) throw new Error("a result is kept whose files are not those of its outputs");
  const places = openPlaces(cache);
  places.make();
  const shared = await shareStore(cache);
  try {
    const examination = openExamination(cache, clock);
    try {
      await keepFiles(places, result, folder, examination);
    } finally {
      await examination.close();
    }
    await writeResult(places, result);
  } finally {
    shared.release();
  }
}

async function keepFiles(
  places: Places,
  result: StepResult,
  folder: string,
  examination: Examination,
): Promise<void> {
  const breathe = openBreather();
  const kept = new Set<string>();
  const batch: Made[] = [];
  const keepBatch = () => keepNew(places, batch.splice(0), result, folder, examination);
  for (const made of findMade(result, folder)) {
    await breathe();
    const name = blobName(made.file);
    if (kept.has(name) || await hasBlob(places, made.file, examination)) {
      // Its first may be among those that are not in the store yet.
      if (kept.has(name)) await keepBatch();
      share(places, made, folder, examination);
    } else if (batch.push(made) === batchSize) await keepBatch();
    kept.add(name);
  }
  await keepBatch();
}

/** Every file of the outputs, none of them reached by a link. */
function* findMade(result: StepResult, folder: string): Generator<Made> {
  if (findInfo(folder)?.isDirectory !== true) refuseChanged(folder);
  for (const output of Object.values(result.outputs)) {
    const root = join(folder, output.file);
    const real = new Set<string>();
    for (const file of output.files) {
      const path = file.path === "" ? root : join(root, file.path);
      const above = file.path === ""
        ? []
        : [root, ...foldersAbove(file.path).map((each) => join(root, each))];
      for (const each of above) {
        if (!real.has(each) && findInfo(each)?.isDirectory !== true) refuseChanged(each);
        real.add(each);
      }
      const info = findInfo(path);
      if (info === undefined || !info.isFile || info.size !== file.sizeBytes) refuseChanged(path);
      yield { file, path, info };
    }
  }
}

/** Takes files that the store does not have. */
async function keepNew(
  places: Places,
  batch: readonly Made[],
  result: StepResult,
  folder: string,
  examination: Examination,
): Promise<void> {
  const parts: string[] = [];
  try {
    for (const made of batch) {
      const part = places.part();
      parts.push(part);
      await makePart(made, part, result);
    }
    await Promise.all(parts.map(syncFile));
    const folders = new Set<string>();
    for (const [index, made] of batch.entries()) {
      const name = blobName(made.file);
      const path = places.blob(name);
      places.make("files", name);
      const content = examination.trustsTimes(made.file) ? contentOf(parts[index]!) : undefined;
      Deno.renameSync(parts[index]!, path);
      examination.note(path, blobMemory(name), made.file.digest, content);
      folders.add(dirname(path)).add(dirname(dirname(path)));
    }
    await Promise.all([...folders].map(syncFolder));
  } finally {
    parts.forEach(removeFile);
  }
  for (const made of batch) share(places, made, folder, examination);
}

/** The step's own file under another name, read-only from now on, or a copy where somebody else has a name of it. */
async function makePart(made: Made, part: string, result: StepResult): Promise<void> {
  const { file, path, info } = made;
  if (info.nlink !== 1 || !tryLink(path, part)) {
    if (!await copyFile(path, part, file)) refuseChanged(path);
    return;
  }
  const linked = Deno.lstatSync(part);
  if (!linked.isFile || linked.ino !== info.ino || linked.dev !== info.dev) refuseChanged(path);
  Deno.chmodSync(part, blobMode(file));
  const isUntouched = (linked.mtime?.getTime() ?? Infinity) <= result.madeBy.endedAt;
  if (isUntouched && linked.size > smallBytes) return;
  if (await digestFile(part, linked) !== file.digest) refuseChanged(path);
}

/** Puts the store's file in the place of the run's own; where that cannot be, the run's own becomes read-only. */
function share(places: Places, made: Made, folder: string, examination: Examination): void {
  const { file, path } = made;
  const [blob, own] = [findInfo(places.blob(blobName(file))), findInfo(path)];
  if (own === undefined || !own.isFile) refuseChanged(path);
  if (blob?.ino === own.ino && blob.dev === own.dev) return;
  // Beside the folder: a killed process leaves nothing in an output.
  const part = join(dirname(folder), `.part-${crypto.randomUUID()}`);
  try {
    if (linkBlob(places, file, part, examination)) return Deno.renameSync(part, path);
  } catch {
    removeFile(part);
  }
  if (own.nlink === 1) Deno.chmodSync(path, blobMode(file));
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.sync();
}
