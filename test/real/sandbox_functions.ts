/** Steps that `sandbox_functions_test.ts` runs in each tier. */
import { file, step } from "sluice";

/** What its code may do by Deno's own permissions. */
step("work", {
  inputs: { data: file() },
  outputs: { out: file() },
  run: async ({ inputs, outputs, log }) => {
    log.metric("length", (await Deno.readTextFile(inputs.data)).length);
    await Deno.writeTextFile(outputs.out, "made");
  },
});

/** What it does by a program it may start, which Deno's permissions do not hold. */
step("leave", {
  params: {},
  inputs: { data: file() },
  outputs: { out: file() },
  run: async ({ inputs, outputs }) => {
    const [program = "", secret = "", port = ""] = (await Deno.readTextFile(inputs.data)).split("\n");
    const script = `
import os, socket, sys
answers = []
def tries(name, attempt):
    try:
        attempt()
        answers.append(name)
    except OSError:
        pass
tries("read", lambda: open(sys.argv[1]).read())
tries("write", lambda: open(sys.argv[1] + ".new", "w").close())
tries("connect", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 2).close())
tries("output", lambda: open(sys.argv[3], "w").write(" ".join(answers)))
`;
    const { success, stderr } = await new Deno.Command(program, {
      args: ["-c", script, secret, port, outputs.out],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  },
});

/** What Deno's permissions refuse to its own code, whatever the tier. */
step("reach", {
  inputs: { data: file() },
  outputs: { out: file() },
  run: async ({ inputs, outputs }) => {
    const [, secret = "", port = ""] = (await Deno.readTextFile(inputs.data)).split("\n");
    const tries = {
      read: () => Deno.readTextFile(secret),
      connect: () => Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
      environment: async () => await Promise.resolve(Deno.env.get("SLUICE_PROBE_SECRET")),
      start: async () => await new Deno.Command("/bin/true").output(),
      link: () => Deno.symlink(secret, `${outputs.out}.link`),
    };
    const done: string[] = [];
    for (const [name, attempt] of Object.entries(tries)) {
      await attempt().then(() => done.push(name), () => {});
    }
    await Deno.writeTextFile(outputs.out, done.join(" "));
  },
});
