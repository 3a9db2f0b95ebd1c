/** The port of `cache/`. */
import type { Digest } from "../digest.ts";
import type { KeptOutput, KeyRecord, StepResult } from "../step_result.ts";

/** What steps made before, by key, for all projects of a user: `cache/`. */
export interface Cache {
  /** What is kept under a key; undefined when there is nothing, or what is there cannot be read. Counts as a use of it. */
  find(key: Digest): StepResult | undefined;
  /** The same for who only looks: garbage collection goes by uses. */
  peek(key: Digest): StepResult | undefined;
  /** Whether the outputs lie in `folder` as they were made; at once where nothing large must be read for it. */
  isIntact(result: StepResult, folder: string): boolean | Promise<boolean>;
  /**
   * Makes the outputs in `folder`, which exists, from the store; false when what is kept is damaged or gone, and then
   * the result is forgotten and `folder` is as it was.
   */
  restore(result: StepResult, folder: string): Promise<boolean>;
  /**
   * Puts the store's files in the place of outputs in `folder` that it has already, as links. Only before anybody uses
   * them. Never throws: what cannot be shared stays as it is.
   */
  share(outputs: Readonly<Record<string, KeptOutput>>, folder: string): void | Promise<void>;
  /**
   * Keeps a result whose outputs lie in `folder`, digested as `result` says. What the store does not have yet it takes as
   * a further name of the same file; all are read-only from then on.
   * It is on disk, files first, when the promise resolves; what is asked while a group is being forced to disk is forced
   * together as the next group.
   */
  keep(result: StepResult, folder: string): Promise<void>;
  /** Waits for whoever runs the same key now, in any process; from then until `release` nobody else does. */
  lease(
    key: Digest,
    options: { readonly signal: AbortSignal; readonly onWait: () => void },
  ): Promise<{ release(): void }>;
  /** Whether `record` has nothing to do. */
  isRecorded(key: Digest): boolean;
  /** Remembers what a key stood for. `texts` gives the content of source files worth showing a line of. */
  record(key: Digest, record: KeyRecord, texts: ReadonlyMap<Digest, Uint8Array>): Promise<void>;
  /** Removes what killed processes left half made, and their locks; what is in use stays. */
  clearLeftovers(): void;
  /** What `record` was told last; undefined when it was told nothing, or what is there cannot be read. */
  findRecord(key: Digest): Promise<KeyRecord | undefined>;
  /** The content of a source file recorded before; undefined when it was too large, or is gone. */
  findText(digest: Digest): Promise<Uint8Array | undefined>;
  /** Writes down what was learned of unchanged files; nothing that was kept depends on it. */
  close(): Promise<void>;
}
