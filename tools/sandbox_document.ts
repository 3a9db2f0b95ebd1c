/** docs/sandbox.md, from the tables of the sandbox and of what its probe tries. */
import { fileURLToPath } from "node:url";
import {
  isGpuDevice,
  machineFacts,
  type MachineFile,
  machineFiles,
  plainDevices,
} from "../src/sandbox/machine_files.ts";
import { type Answer, probes } from "../test/real/sandbox_probes.ts";

const answers: Readonly<Record<Answer, string>> = {
  refused: "no",
  allowed: "**yes**",
  own: "its own",
  user: "as the user",
};

/** As Markdown that `deno fmt` leaves as it is. */
export async function sandboxDocument(): Promise<string> {
  const tried = Object.entries(probes).map(([title, rows]) => {
    const cells = rows.map(({ tries, bubblewrap, landlock, off }) => [
      tries,
      ...[bubblewrap, landlock, off].map((answer) => answers[answer]),
    ]);
    return `### ${title}\n\n${table(["it tries to", "bubblewrap", "Landlock", "off"], cells)}`;
  });
  return await formatMarkdown([introduction, ...tried, visible(), links].join("\n\n"));
}

async function formatMarkdown(text: string): Promise<string> {
  const config = fileURLToPath(new URL("../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--config", config, "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${text}\n`));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

const introduction = `# What holds a step

<!-- Made by \`deno task docs\` from src/sandbox/machine_files.ts and test/real/sandbox_probes.ts. -->

A step sees its sources, its inputs, its environment and what it was granted, all read-only; it writes into its
output folder, a folder for temporary files and what it was granted to write; it has no network and only the
variables that are named. So what is not in its key cannot change its outputs, and they can be used again.

| tier         | what it is                                                                                    | used                                                                        |
| ------------ | --------------------------------------------------------------------------------------------- | --------------------------------------------------------------------------- |
| bubblewrap   | namespaces: what is not declared is not there; a seccomp filter on top                        | wherever it runs; fetched into the user's cache where the machine has none  |
| Landlock     | rules of the kernel: what is not declared cannot be opened; a seccomp filter on top           | where user namespaces are refused, as in many containers and CI machines    |
| off          | nothing for commands; Deno's own permissions for the code of \`run\` functions                  | with \`--sandbox=off\` only, never by itself                                  |

\`--sandbox=auto\`, the default, takes the first that works and refuses where neither does; \`--sandbox=require\`, and
\`sandbox: "full"\` in a step, take bubblewrap or refuse. \`sluice doctor\` says what this machine has, and why. A \`run\`
function is held by Deno's permissions in each tier, and by the tier as well: programs it starts have none of Deno's.
Landlock needs Linux 6.7; from 6.12 on it holds signals, too. Steps are held on Linux only.

## What a step tries, and how it is answered

Each line is run for real in each tier by \`test/real/sandbox_probes_test.ts\`. "Its own" is a thing of the step's own in
the place of the machine's; "as the user" is whatever the user may do who runs sluice.`;

const links = `## Links

A link below the project, the cache or the working folder is never followed to what a step is shown: a git checkout,
an archive or another step may have put it there. A source that is a link is shown as the link it is; an input, a grant
or an output by way of one is refused. Links of root's or the user's own above those, such as a home on another disk,
are followed and shown. Links inside a folder that is shown lead only to what is shown as well.

## What is not held

- Time and memory are limits of the step (\`limits\`), held by the engine and not by the sandbox.
- With \`net: true\` a step shares the machine's network, its loopback included. Named hosts are reached through a
  proxy of sluice's; under Landlock the rule is for the proxy's port, on any machine.
- Under Landlock modes and times of files that are shown can be changed by who owns them: a run looks at sources and
  given files again when a step has ended, and does not keep its result when they are not what was digested.
- Under Landlock there is no Unix socket and no \`/tmp\`: programs take TMPDIR, and what needs sockets between its own
  processes (Python's \`forkserver\`, PyTorch's loaders with workers) needs bubblewrap.
- When sluice itself is ended by SIGKILL, the next start finds what is left of its steps by a variable in their
  environment. Without bubblewrap a process that cleared it, and left its session, goes on.
- Between the check of a path and bubblewrap's mount another program of the same user could put a link there.
  Landlock's rules are made without following one.`;

function visible(): string {
  const groups = new Map<string, MachineFile[]>();
  for (const file of machineFiles) {
    const key = `${file.why}|${file.with}|${file.isReplaced}`;
    groups.set(key, [...groups.get(key) ?? [], file]);
  }
  const rows = [...groups.values()].map((files) => {
    const [{ why, with: permission, isReplaced }] = files as [MachineFile];
    const notes = [
      ...(permission === undefined ? [] : [`only with \`${permission}\``]),
      ...(isReplaced ? ["a text of sluice's under bubblewrap, the machine's file under Landlock"] : []),
    ];
    return [files.map(({ path }) => `\`${path}\``).join(", "), [why, ...notes].join("; ")];
  });
  const devices = plainDevices.map((name) => `\`/dev/${name}\``).join(", ");
  const processors = ["nvidia*", "dri", "kfd"].filter((name) => isGpuDevice(name.replace("*", "0")))
    .map((name) => `\`/dev/${name}\``).join(", ");
  return [
    "## What stays visible although nothing declares it",
    "Read-only, where it is there. None of it is in a step's key, but for what an environment's identity holds.",
    table(["what", "why"], [
      ...rows,
      [devices, "any program needs them"],
      [processors, "only with `gpu`"],
      [
        "`DENO_DIR`: fetched packages, and Deno's notes on modules",
        "for functions, and steps given a `DENO_DIR`; never its code of other modules",
      ],
      ...machineFacts.map((fact) => [...fact]),
    ]),
  ].join("\n\n");
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
