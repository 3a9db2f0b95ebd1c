/** What holds a step on which machine, and how a held step ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openByShell } from "../../src/core/argv.ts";
import { SluiceError } from "../../src/core/error.ts";
import { examineSandbox } from "../../src/sandbox/holding_tier.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import type { SandboxOptions } from "../../src/sandbox/sandbox_options.ts";
import { codeOfAsync } from "../../src/sandbox/test_failure.ts";
import { realTest } from "../real_part.ts";
import { configFile, workingFolder } from "../run/run_project.ts";
import { findOnPath, openStepSandbox } from "./sandbox_step.ts";

const optionsWith = (folder: string, change: Partial<SandboxOptions>): SandboxOptions => ({
  mode: "auto",
  deno: Deno.execPath(),
  child: new URL("../../src/dsl/function_child.ts", import.meta.url).href,
  cache: join(folder, "cache"),
  findBubblewrap: () => Promise.resolve(findOnPath("bwrap")),
  ...change,
});
const none: Partial<SandboxOptions> = { findBubblewrap: () => Promise.resolve(undefined) };

const rules: readonly (readonly [
  name: string,
  change: Partial<SandboxOptions>,
  step: { body: "command" | "function"; net: boolean | string[]; needsFull: boolean },
  expected: string,
])[] = [
  ["auto is bubblewrap", {}, { body: "command", net: false, needsFull: false }, "bubblewrap, own network"],
  [
    "with all of the network, it is shared",
    {},
    { body: "command", net: true, needsFull: false },
    "bubblewrap",
  ],
  [
    "named hosts leave it closed",
    {},
    { body: "function", net: ["a"], needsFull: false },
    "bubblewrap, own network",
  ],
  [
    "auto without bubblewrap is Landlock",
    none,
    { body: "command", net: false, needsFull: false },
    "landlock",
  ],
  ["off holds no command", { mode: "off" }, { body: "command", net: false, needsFull: false }, "none"],
  [
    "off leaves functions Deno's hold",
    { mode: "off" },
    { body: "function", net: false, needsFull: false },
    "deno",
  ],
  [
    "a step may ask for all even so",
    { mode: "off" },
    { body: "command", net: false, needsFull: true },
    "bubblewrap, own network",
  ],
  ["require without bubblewrap is refused", { ...none, mode: "require" }, {
    body: "command",
    net: false,
    needsFull: false,
  }, "SANDBOX_UNAVAILABLE"],
  [
    "so is a step that asks for all",
    none,
    { body: "command", net: false, needsFull: true },
    "SANDBOX_UNAVAILABLE",
  ],
  ["auto is never none", { ...none, tiers: ["bubblewrap"] }, {
    body: "command",
    net: false,
    needsFull: false,
  }, "SANDBOX_UNAVAILABLE"],
];
for (const [name, change, step, expected] of rules) {
  realTest(["bubblewrap"], `hold(): ${name}`, async () => {
    await using folder = await workingFolder();
    const sandbox = openSandbox(optionsWith(folder.path, change));
    let said: string | undefined;
    const refused = await codeOfAsync(async () => {
      const { tier, hasOwnNetwork } = await sandbox.hold(step);
      said = `${tier}${hasOwnNetwork ? ", own network" : ""}`;
    });
    assert.equal(refused ?? said, expected);
  });
}

/** A bubblewrap that ends with these words, as it would elsewhere. */
async function failingBubblewrap(folder: string, words: string): Promise<string> {
  const path = join(folder, "bwrap");
  await Deno.writeTextFile(path, `#!/bin/sh\necho "bwrap: ${words}" >&2\nexit 1\n`, { mode: 0o755 });
  return path;
}

const causes: readonly (readonly [name: string, words: string, hint: RegExp])[] = [
  [
    "AppArmor, on Ubuntu 23.10 and later",
    "setting up uid map: Permission denied",
    /apparmor_restrict_unprivileged_userns/,
  ],
  [
    "a masked /proc, as in a container",
    "Can't mount proc on /newroot/proc: Operation not permitted",
    /systempaths=unconfined/,
  ],
  ["a refusal of namespaces", "Creating new namespace failed: Operation not permitted", /cap-add SYS_ADMIN/],
  [
    "too few namespaces",
    "Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
    /max_user_namespaces/,
  ],
];
for (const [name, words, hint] of causes) {
  Deno.test(`hold() says what to do about ${name}`, async () => {
    await using folder = await workingFolder();
    const path = await failingBubblewrap(folder.path, words);
    const sandbox = openSandbox(
      optionsWith(folder.path, { findBubblewrap: () => Promise.resolve(path), tiers: ["bubblewrap"] }),
    );
    const error = await sandbox.hold({ body: "command", net: false, needsFull: false }).catch((error) =>
      error
    );
    assert.ok(error instanceof SluiceError);
    assert.equal(error.failure.details, `\`${path}\` does not run: bwrap: ${words}`);
    assert.match(error.failure.hint ?? "", hint);
    assert.match(error.failure.hint ?? "", /--sandbox=off/);
  });
}

realTest(["bubblewrap"], "hold() does not try again what worked, until bubblewrap is another", async () => {
  await using folder = await workingFolder();
  const [path, count] = [join(folder.path, "bwrap"), join(folder.path, "count")];
  await Deno.writeTextFile(path, `#!/bin/sh\necho >> '${count}'\nexec ${findOnPath("bwrap")} "$@"\n`, {
    mode: 0o755,
  });
  const hold = async () => {
    const sandbox = openSandbox(optionsWith(folder.path, { findBubblewrap: () => Promise.resolve(path) }));
    await sandbox.hold({ body: "command", net: false, needsFull: false });
    return (await Deno.readTextFile(count)).length;
  };
  assert.deepEqual([await hold(), await hold()], [1, 1]);
  await Deno.utime(path, 1, 1);
  assert.equal(await hold(), 2);
});

realTest(
  ["bubblewrap"],
  "where user namespaces are refused for real, Landlock holds, and the doctor says why",
  async () => {
    await using folder = await workingFolder();
    const script = fileURLToPath(new URL("sandbox_examine.ts", import.meta.url));
    const { stdout, stderr } = await new Deno.Command(findOnPath("bwrap")!, {
      args: ["--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--", Deno.execPath(), "run", "-A"]
        .concat(
          ["--config", configFile, script, folder.path],
        ),
    }).output();
    const [hold, examined] = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(hold?.tier, "landlock", new TextDecoder().decode(stderr));
    assert.equal(examined.tier, "landlock");
    assert.match(examined.reasons[0], /does not run: bwrap: /);
    assert.match(examined.advice, /user namespaces/);
  },
);

realTest(["bubblewrap"], "examineSandbox() names the bubblewrap that works", async () => {
  await using folder = await workingFolder();
  const { tier, found, reasons } = await examineSandbox(optionsWith(folder.path, {}));
  assert.deepEqual([tier, found, reasons], ["bubblewrap", `bubblewrap at ${findOnPath("bwrap")}`, []]);
});

const odd = `a "b' $(touch x) ; * ? %s \\ é \n --bind`;
for (const tier of ["bubblewrap", "landlock"] as const) {
  const needs = tier === "bubblewrap" ? ["bubblewrap"] as const : [];
  const inFolder = async (
    act: (step: ReturnType<typeof openStepSandbox>, project: string) => Promise<void>,
  ) => {
    await using folder = await workingFolder();
    const project = join(folder.path, odd);
    await Deno.mkdir(project);
    const step = openStepSandbox(tier, { project, cache: join(folder.path, "cache") });
    await act(step, project);
  };

  realTest(
    needs,
    `${tier}: any character may stand in a path, an argument or a variable`,
    () =>
      inFolder(async (step, project) => {
        await Deno.writeTextFile(join(project, "source"), "content");
        const { code, stdout, stderr } = await step.run(
          [
            "/bin/sh",
            "-c",
            'cat "$1"; printf %s "$VALUE"; printf %s "$2" > made/out',
            "sh",
            join(project, "source"),
            odd,
          ],
          {
            code: [join(project, "source")],
            outputs: join(project, "made"),
            variables: { VALUE: odd, "a.b": odd },
          },
        );
        assert.deepEqual([code, stdout, stderr], [0, `content${odd}`, ""]);
        assert.equal(await Deno.readTextFile(join(project, "made/out")), odd);
      }),
  );

  realTest(needs, `${tier}: a step gets its variables and no others`, () =>
    inFolder(async (step) => {
      const { stdout } = await step.run(["env", "-0"], {
        variables: { SHLVL: "7", _: "under", "a.b": "dot" },
      });
      const names = stdout.split("\0").map((line) => line.split("=")[0]!).filter((name) => name !== "")
        .sort();
      const own = tier === "bubblewrap" ? ["PWD"] : [];
      assert.deepEqual(names, ["HOME", "LANG", "PATH", "SHLVL", "TMPDIR", "_", "a.b", ...own].sort());
      assert.match(stdout, /(^|\0)SHLVL=7\0/);
      assert.match(stdout, /(^|\0)_=under\0/);
    }));

  realTest(needs, `${tier}: exit codes and signals of a step are told`, () =>
    inFolder(async (step) => {
      const { code } = await step.run(["/bin/sh", "-c", "exit 7"], {});
      assert.equal(code, 7);
      const { code: killed, signal } = await step.run(["/bin/sh", "-c", "kill -9 $$"], {});
      const { confined } = await step.confine({ is: "command", argv: ["true"] }, {});
      assert.deepEqual([killed, signal, confined.tellsSignals], [
        137,
        ...tier === "bubblewrap" ? [null, true] : ["SIGKILL", false],
      ]);
    }));

  const missing: readonly (readonly [string, string])[] = [
    ["that is nowhere", "sluice-no-such-program"],
    ["that is not shown to it", "./hidden.sh"],
  ];
  for (const [name, program] of missing) {
    realTest(
      needs,
      `${tier}: a step whose program is one ${name} is not started`,
      () =>
        inFolder(async (step, project) => {
          await Deno.writeTextFile(join(project, "hidden.sh"), "#!/bin/sh\n", { mode: 0o755 });
          assert.equal(await codeOfAsync(() => step.run([program], {})), "STEP_NOT_STARTED");
        }),
    );
  }

  realTest(
    needs,
    `${tier}: when the sandbox itself fails, its standard error begins with its mark`,
    () =>
      inFolder(async (step, project) => {
        const source = join(project, "source");
        await Deno.writeTextFile(source, "");
        const { confined, policy } = await step.confine({ is: "command", argv: ["true"] }, {
          code: [source],
        });
        await Deno.remove(source);
        const [program, ...args] = openByShell(confined.argv, confined.files);
        const { success, stderr } = await new Deno.Command(program, {
          args,
          clearEnv: true,
          env: { ...policy.variables },
          stdin: "null",
        }).output();
        assert.equal(success, false);
        assert.ok(new TextDecoder().decode(stderr).startsWith(confined.failureMark!));
      }),
  );

  realTest(
    needs,
    `${tier}: with all of the network a step reaches servers of this machine, by TCP and not by a path`,
    () =>
      inFolder(async (step, project) => {
        using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const accepting = server.accept().then((connection) => connection.close());
        const path = join("/tmp", `sluice-${crypto.randomUUID()}`);
        using local = Deno.listen({ transport: "unix", path });
        const program =
          `for (const to of [{ port: ${server.addr.port} }, { transport: "unix", path: "${local.addr.path}" }]) ` +
          `console.log(await Deno.connect(to).then(() => "yes", () => "no"))`;
        await Deno.writeTextFile(join(project, "connect.js"), program);
        const { stdout, stderr } = await step.run(
          [await Deno.realPath(Deno.execPath()), "run", "-A", "--no-config", join(project, "connect.js")],
          { code: [join(project, "connect.js"), await Deno.realPath(Deno.execPath())], net: true },
        );
        assert.equal(stdout, "yes\nno\n", stderr);
        await accepting;
        await Deno.remove(path);
      }),
  );
}

realTest([], "landlock: the port of a server of ours can be reached, and no other", async () => {
  await using folder = await workingFolder();
  const step = openStepSandbox("landlock", { project: folder.path, cache: join(folder.path, "cache") });
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = server.accept().then((connection) => connection.close());
  const deno = await Deno.realPath(Deno.execPath());
  const connect = (port: number) =>
    `console.log(await Deno.connect({ port: ${port} }).then(() => "yes", () => "no"))`;
  const { stdout, stderr } = await step.run(
    [deno, "eval", "--no-config", `${connect(server.addr.port)};${connect(other.addr.port)}`],
    { code: [deno], servers: [{ is: "port", port: server.addr.port }] },
  );
  assert.equal(stdout, "yes\nno\n", stderr);
  await accepting;
});

for (const mode of ["auto", "off", "require"] as const) {
  realTest(
    [],
    `a step that asks for all is told to ask for less, not to pass --sandbox=off, with ${mode}`,
    async () => {
      await using folder = await workingFolder();
      const sandbox = openSandbox(optionsWith(folder.path, { ...none, mode }));
      const held = sandbox.hold({ body: "command", net: false, needsFull: true });
      const error = await held.then(() => assert.fail("it is held"), (error: unknown) => error);
      assert.ok(error instanceof SluiceError && error.failure.code === "SANDBOX_UNAVAILABLE");
      assert.match(error.failure.hint ?? "", /take `sandbox: "full"` out of the step$/);
    },
  );
}
