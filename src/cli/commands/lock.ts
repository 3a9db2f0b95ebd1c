/** `sluice lock`: writes down what a pipeline stands on. */
import { refuse } from "../../core/error.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { safeText } from "../../terminal/safe_text.ts";
import { shownPath } from "../../terminal/shown_path.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";
import { pipelinePositional } from "./pipeline_file.ts";

export const lock = makeCommand({
  name: "lock",
  summary: "Write down exactly what a pipeline stands on",
  description:
    "`sluice.lock` gets the packages of all its steps, and digests of the files it is given and of its modules. `--locked` then runs that and nothing else. Entries of other platforms and pipelines stay.",
  positionals: [pipelinePositional],
  options: [
    { name: "upgrade", description: "Choose all packages anew, as new as the requirements let them be" },
    {
      name: "upgrade-package",
      value: { is: "text", placeholder: "NAME" },
      isRepeatable: true,
      description: "Choose one package anew, and move others only where it asks for that",
    },
    { name: "check", description: "Write nothing; end with 2 when the lock is not that of the pipeline" },
    jsonOption,
  ],
  examples: [
    { arguments: "", description: "Lock pipeline.ts of this folder" },
    { arguments: "pipeline.ts --upgrade", description: "Take newer packages" },
    { arguments: "pipeline.ts --check", description: "See in CI whether the lock was forgotten" },
  ],
}, async (call) => {
  const names = call.options.get("upgrade-package") ?? [];
  const isCheck = call.options.has("check");
  const isUpgrade = call.options.has("upgrade");
  if (isCheck && (isUpgrade || names.length > 0)) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: "Cannot check and upgrade at once as a check asks no package index",
      hint: "Leave out `--check`, or the upgrade",
    });
  }
  const { loadPipeline } = await import("../../compose/load_pipeline.ts");
  const definition = await loadPipeline(call.positionals[0] ?? ".", call.workingFolder);
  const [{ lockPipeline }, { differenceLines }, { openSession }] = await Promise.all([
    import("../../compose/lock_pipeline.ts"),
    import("../../compose/lock_difference.ts"),
    import("../../compose/session.ts"),
  ]);
  const session = openSession(definition, {});
  try {
    const { path, changes } = await lockPipeline(definition, session, {
      upgrade: isUpgrade ? "all" : names.length > 0 ? names : "nothing",
      isCheck,
      onProgress: (progress) => {
        if (progress.is === "resolving") call.stderr.write("Resolving an environment\n");
      },
    });
    if (call.options.has("json")) call.stdout.write(`${jsonLine({ path, changes })}\n`);
    else if (changes.length > 0) {
      writeLines(call.stdout, changes.flatMap(differenceLines).map((line) => safeText(line)));
    }
    const shown = shownPath(path, call.workingFolder);
    call.stderr.write(changes.length === 0 ? `${shown} is up to date\n` : `Wrote ${shown}\n`);
    return 0;
  } finally {
    await session.close();
  }
});
