/** Exports and tells of it: what a pipeline file and `sluice export` both do. */
import { formatPlace } from "../core/place.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import { jsonLine } from "../terminal/json_reporter.ts";
import { safeText } from "../terminal/safe_text.ts";
import { shownPath } from "../terminal/shown_path.ts";
import { type TextSink, writeLines } from "../terminal/text_sink.ts";
import { exportPipeline } from "./export_pipeline.ts";
import { openSession } from "./session.ts";

export interface ExportFlags {
  readonly folder: string;
  readonly isStrict: boolean;
  readonly isJson: boolean;
}

/** Gives the exit code. Throws what `exportPipeline` throws. */
export async function exportAndTell(
  definition: PipelineDefinition,
  { folder, isStrict, isJson }: ExportFlags,
  { stdout, stderr }: { readonly stdout: TextSink; readonly stderr: TextSink },
): Promise<number> {
  const session = openSession(definition, {});
  try {
    const onProgress = (line: string) => stderr.write(`${line}\n`);
    const exported = await exportPipeline(definition, session, { folder, isStrict, onProgress });
    const unsaid = exported.unsaid.map(({ name, what, at }) => ({ name, what, at: formatPlace(at) }));
    if (isJson) stdout.write(`${jsonLine({ folder: exported.folder, files: exported.files, unsaid })}\n`);
    else {writeLines(
        stdout,
        unsaid.map(({ name, what, at }) => safeText(`not said: ${at}: ${name}: ${what}`)),
      );}
    const shown = shownPath(exported.folder, session.workingFolder);
    stderr.write(`Wrote ${shown}: mlflow run ${shown}\n`);
    return 0;
  } finally {
    await session.close();
  }
}
