/** The Python that `--env-manager local` means: where it lies, and what it counts as. */
import { dirname } from "node:path";
import { z } from "zod";
import { digestValue } from "../core/digest.ts";
import type { HostPython } from "../core/environment.ts";
import { digestFile } from "../core/file_tree.ts";
import { runProgram } from "../environments/run_program.ts";

/**
 * The first `python` or `python3` on PATH; undefined where there is none that answers.
 *
 * It counts by its program, and by what is installed for it: the names of all distributions with what they recorded of
 * their files. What somebody changed in those files by hand does not count.
 */
export async function findHostPython(
  variables: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<HostPython | undefined> {
  for (const program of ["python", "python3"]) {
    const answer = await ask(program, variables, folder, signal);
    if (answer === undefined) continue;
    const { executable, folders, userBase, distributions } = answer;
    const digest = await digestFile(await Deno.realPath(executable));
    return {
      digest: digestValue([digest, distributions]),
      path: dirname(executable),
      folders,
      ...(userBase === null ? {} : { userBase }),
    };
  }
  return undefined;
}

const Answer = z.object({
  executable: z.string().startsWith("/"),
  folders: z.array(z.string().startsWith("/")),
  userBase: z.string().nullable(),
  distributions: z.array(z.tuple([z.string(), z.string()])),
});

async function ask(
  program: string,
  variables: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<z.infer<typeof Answer> | undefined> {
  try {
    const run = { program, arguments: ["-c", script], variables, folder, signal };
    const { code, stdout } = await runProgram(run);
    return code === 0 ? Answer.parse(JSON.parse(stdout)) : undefined;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || error instanceof SyntaxError || error instanceof z.ZodError
    ) {
      return undefined;
    }
    throw error;
  }
}

/** Standard library alone. What lies in /usr is the system's, which every step sees. */
const script = `
import hashlib, json, os, site, sys
paths = [p for p in sys.path if p and os.path.isdir(p)]
found = []
for path in paths:
    for name in sorted(os.listdir(path)):
        if name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")):
            at = os.path.join(path, name)
            record = os.path.join(at, "RECORD") if os.path.isdir(at) else at
            try:
                with open(record, "rb") as file:
                    found.append([name, hashlib.sha256(file.read()).hexdigest()])
            except OSError:
                found.append([name, ""])
roots = {os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix), sys.prefix, *paths}
outside = sorted(r for r in roots if os.path.isdir(r) and r != "/" and not (r + "/").startswith("/usr/"))
kept = [r for r in outside if not any(o != r and (r + "/").startswith(o + "/") for o in outside)]
user = site.getuserbase() if site.ENABLE_USER_SITE and site.getusersitepackages() in paths else None
print(json.dumps({"executable": sys.executable, "folders": kept, "userBase": user, "distributions": found}))
`;
