/** `run` functions in each tier: Deno's permissions hold their code, the tier whatever they start. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { denoFolder } from "../../src/scheduler/deno_folder.ts";
import { realTest } from "../real_part.ts";
import { openStepSandbox, realPython, stepTiers } from "./sandbox_step.ts";

const module = new URL("sandbox_functions.ts", import.meta.url);

async function runFunction(tier: typeof stepTiers[number], name: string) {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-function-" }));
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of server) connection.close();
  })();
  try {
    const python = await realPython();
    const [project, data, secret] = [
      join(folder, "project"),
      join(folder, "data.txt"),
      join(folder, "secret.txt"),
    ];
    const outputs = join(folder, "outputs"), out = join(outputs, "out.txt"), log = join(folder, "log.jsonl");
    await Deno.mkdir(project);
    await Deno.writeTextFile(secret, "secret");
    await Deno.writeTextFile(log, "");
    await Deno.writeTextFile(data, [python.program, secret, server.addr.port].join("\n"));
    const step = openStepSandbox(tier, { project, cache: join(folder, "cache") });
    const packages = denoFolder(Deno.env.toObject());
    const end = await step.runFunction(module.href, name, {
      code: [new URL(".", module).pathname.replace(/\/$/, "") + "/sandbox_functions.ts"],
      read: [data, outputs, log, ...python.folders],
      write: [log],
      outputs,
      run: [python.program],
      variables: {
        SLUICE_LOG: log,
        NO_COLOR: "1",
        ...(packages === undefined ? {} : { DENO_DIR: packages }),
      },
      stdin: JSON.stringify({ step: name, parameters: {}, inputs: { data }, outputs: { out } }),
    });
    assert.equal(end.code, 0, end.stderr);
    assert.equal(end.stderr, "");
    const left = [...Deno.readDirSync(join(project, ".sluice/step-1/temporary"))].map(({ name }) => name);
    return { out: await Deno.readTextFile(out), log: await Deno.readTextFile(log), left };
  } finally {
    server.close();
    await accepting;
    await Deno.remove(folder, { recursive: true });
  }
}

for (const tier of stepTiers) {
  const needs = tier === "bubblewrap" ? ["python", "bubblewrap"] as const : ["python"] as const;
  realTest(
    needs,
    `${tier}: a function reads its input, writes its output and logs; it leaves nothing else`,
    async () => {
      const { out, log, left } = await runFunction(tier, "work");
      assert.equal(out, "made");
      assert.match(log, /"metric":"length"/);
      assert.deepEqual(left, []);
    },
  );
  realTest(needs, `${tier}: a function's own code does nothing that it was not granted`, async () => {
    assert.equal((await runFunction(tier, "reach")).out, "");
  });
  const expected = tier === "off" ? "read write connect" : "";
  realTest(
    needs,
    `${tier}: a program that a function starts ${tier === "off" ? "is not held" : "is held, too"}`,
    async () => {
      assert.equal((await runFunction(tier, "leave")).out, expected);
    },
  );
}
