/** What a completion script asks for. */

export interface CandidateRequest {
  readonly is: "candidates";
  /** Of the word at the cursor. */
  readonly index: number;
  /** `words[0]` is the program. */
  readonly words: readonly string[];
}

/** Reads `--completion=words INDEX WORD…`, as the scripts of `completion_script.ts` send it; else undefined. */
export function readCandidateRequest(argv: readonly string[]): CandidateRequest | undefined {
  const [flag, index, ...words] = argv;
  if (flag !== "--completion=words" || index === undefined || !/^\d{1,6}$/.test(index)) return undefined;
  return { is: "candidates", index: Number(index), words };
}
