/** Asks before a project that was fetched from elsewhere is run for the first time. */
import { join } from "node:path";
import { writeNote } from "../core/atomic_write.ts";
import { digestValue } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { isFileThere } from "../core/is_there.ts";
import { safeLine } from "../terminal/safe_text.ts";
import { processSinks } from "../terminal/text_sink.ts";

/** What it is asked for. */
export interface Approval {
  /** Without user and password. */
  readonly uri: string;
  /** Names what was fetched: another commit is asked for again. */
  readonly fetched: string;
  /** In the order in which they run. */
  readonly commands: readonly string[];
  /** Undefined for what is on PATH. */
  readonly environment: { readonly note?: string } | undefined;
  /** What its processes can reach: all that the user can, or their own files, with the network or without. */
  readonly touches: "everything" | "container" | "own files and network" | "own files";
  /** `--yes`. */
  readonly isGiven: boolean;
  readonly cache: string;
}

/** Throws PROJECT_NOT_APPROVED where it is refused, and where nobody can be asked. */
export async function approveProject(
  { uri, fetched, commands, environment, touches, isGiven, cache }: Approval,
): Promise<void> {
  if (isGiven) return;
  const note = join(cache, "mlprojects", "approved", digestValue({ uri, fetched }).slice("sha256:".length));
  if (await isFileThere(note)) return;
  const { stderr } = processSinks();
  const lines = [
    `This project comes from ${safeLine(uri)} (${fetched}).`,
    ...commands.map((command, index) =>
      `${index === 0 ? "  It runs:    " : "  then:       "}${safeLine(command)}`
    ),
    ...touchedLines(touches),
    `  Packages:   ${
      environment === undefined ? "what is on PATH" : environment.note ?? "those that it names, from PyPI"
    }`,
  ];
  if (!Deno.stdin.isTerminal() || !stderr.isTerminal) {
    return refuse({
      code: "PROJECT_NOT_APPROVED",
      message: `Cannot run project \`${uri}\` without being told that it may, and nobody can be asked`,
      details: lines.slice(1).join("\n"),
      hint: "Look at it, and pass `--yes`",
    });
  }
  stderr.write(`${lines.join("\n")}\n`);
  const answer = prompt("Run it? [y/N]");
  if (!/^y(es)?$/i.test(answer?.trim() ?? "")) {
    refuse({
      code: "PROJECT_NOT_APPROVED",
      message: `Cannot run project \`${uri}\` as it was not approved`,
      hint: "It is asked for again the next time; `--yes` approves it",
    });
  }
  await writeNote(note, `${uri}\n${fetched}\n`);
}

function touchedLines(touches: Approval["touches"]): readonly string[] {
  const network = touches === "own files" ? "the tracker, and no network" : "the network, and the tracker";
  if (touches === "everything") {
    return [
      "  It reads:   whatever you can read",
      "  It writes:  whatever you can write; its own files are a copy, which is removed at the end",
      `  It reaches: ${network}`,
    ];
  }
  if (touches === "container") {
    return [
      "  It reads:   what is in its image, and the volumes named below",
      "  It writes:  the volumes named below",
      `  It reaches: ${network}`,
    ];
  }
  return [
    "  It reads:   its own files, its packages and the system's programs",
    "  It writes:  a copy of its own files, which is removed at the end",
    `  It reaches: ${network}`,
  ];
}
