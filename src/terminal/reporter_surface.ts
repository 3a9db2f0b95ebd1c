/** What a reporter writes on. */
import type { Paint } from "./paint.ts";
import type { TextSink } from "./text_sink.ts";

export interface ReporterSurface {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly paintOutput: Paint;
  readonly paintError: Paint;
  /** Paths are shown relative to it. */
  readonly workingFolder: string;
}
