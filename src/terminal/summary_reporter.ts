/** Summaries of a run in files, for CI: a reader of events that writes when the run has ended. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Failure, refuse } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { showValue } from "../core/parameter.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import { isSystemError } from "../core/system_error.ts";
import type { SummaryContent, SummarySubject } from "./summary_content.ts";
import { summaryJunit } from "./summary_junit.ts";
import { summaryMarkdown } from "./summary_markdown.ts";

export interface SummaryReporter extends Reporter {
  /** The run is refused and will not begin; the summary says why. */
  refused(failure: Failure): void;
}

interface SummaryFile {
  readonly path: string;
  /** As the user typed it. */
  readonly shown: string;
  readonly write: (content: SummaryContent) => string;
  /** GitHub shows one file for all that a step of a workflow adds to it. */
  readonly isAddedTo: boolean;
}

/**
 * Makes sure that each file can be written: Markdown (`.md`) or JUnit (`.xml`), or added to: `$GITHUB_STEP_SUMMARY`.
 *
 * They are written by `close`, whole or not at all, when the run ended or was refused. Throws ARGUMENT_INVALID and
 * FOLDER_NOT_WRITABLE; `close` throws TEXT_NOT_WRITTEN.
 */
export async function openSummaries(
  files: readonly string[],
  subject: SummarySubject,
  variable: (name: string) => string | undefined,
): Promise<SummaryReporter> {
  const opened = new Map<string, SummaryFile>();
  for (const shown of files) {
    const path = resolve(subject.workingFolder, shown);
    opened.set(path, await checkFile(path, shown, variable("GITHUB_STEP_SUMMARY")));
  }
  let started: Extract<Event, { is: "run-started" }> | undefined;
  let ended: Extract<Event, { is: "run-ended" }> | undefined;
  let refusal: Failure | undefined;
  return {
    report(event) {
      if (event.is === "run-started") started = event;
      if (event.is === "run-ended") ended = event;
    },
    refused(failure) {
      refusal = failure;
    },
    async close() {
      // A bug of ours has ended the run: its stack says more than a summary could.
      if (ended === undefined && refusal === undefined) return;
      const content: SummaryContent = {
        ...subject,
        ...(started === undefined ? {} : { started }),
        ...(ended === undefined ? {} : { ended }),
        ...(refusal === undefined ? {} : { refusal }),
      };
      for (const file of opened.values()) await writeFile(file, file.write(content));
    },
  };
}

async function checkFile(path: string, shown: string, stepSummary: string | undefined): Promise<SummaryFile> {
  const isAddedTo = stepSummary !== undefined && stepSummary !== "" && resolve(stepSummary) === path;
  const write = isAddedTo || path.endsWith(".md")
    ? summaryMarkdown
    : path.endsWith(".xml")
    ? summaryJunit
    : refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot write a summary to \`${showValue(shown)}\` as its name must end in .md or .xml`,
      hint: "Such as `--summary summary.md` for Markdown, `--summary junit.xml` for JUnit",
    });
  const info = await Deno.stat(path).catch(() => undefined);
  if (info !== undefined && !info.isFile) {
    refuseFile(shown, "there is something other than a file of that name");
  }
  const folder = dirname(path);
  const parent = await Deno.stat(folder).catch(() => undefined);
  if (!parent?.isDirectory) refuseFile(shown, "there is no such folder");
  const isWritable = await access(isAddedTo && info !== undefined ? path : folder, constants.W_OK)
    .then(() => true, () => false);
  if (!isWritable) refuseFile(shown, "its folder cannot be written");
  return { path, shown, write, isAddedTo };
}

function refuseFile(shown: string, because: string): never {
  return refuse({
    code: "FOLDER_NOT_WRITABLE",
    message: `Cannot write a summary to \`${showValue(shown)}\` as ${because}`,
    hint: "Name a file in a folder that is there and can be written",
  });
}

async function writeFile({ path, shown, isAddedTo }: SummaryFile, text: string): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.partial`);
  try {
    if (isAddedTo) {
      await Deno.writeTextFile(path, `\n${text}`, { append: true });
    } else {
      await Deno.writeTextFile(partial, text, { createNew: true });
      await Deno.rename(partial, path);
    }
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    if (!isSystemError(error)) throw error;
    refuse({
      code: "TEXT_NOT_WRITTEN",
      message: `Cannot write the summary \`${showValue(shown)}\`: ${error.message.replace(/: .*$/s, "")}`,
      hint: "Write to another place; the run itself was not stopped by it",
    });
  }
}
