/** Projects that come from elsewhere: by git over HTTP, as archives, in a version, and what a stranger may have put there. */
import assert from "node:assert/strict";
import { join, normalize } from "node:path";
import { zipSync } from "fflate";
import { realTest } from "../real_part.ts";
import { readRuns, runSluice, workingFolder } from "../run/run_project.ts";

const mlproject = (command: string) => `entry_points: {main: {command: ${JSON.stringify(command)}}}\n`;
const local = ["--env-manager", "local"];

async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const identity = [
    "-c",
    "user.name=Somebody",
    "-c",
    "user.email=somebody@example",
    "-c",
    "protocol.file.allow=always",
  ];
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...identity, "-C", folder, ...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** A repository with two commits, the first of them tagged `v1`, the second on `next` alone; and its copy to be served. */
async function makeRepository(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  const repository = join(folder, "repository");
  await Deno.mkdir(join(repository, "below"), { recursive: true });
  await git(repository, "init", "-q", "-b", "main");
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(repository, name), text);
  await git(repository, "add", ".");
  await git(repository, "commit", "-q", "-m", "first");
  await git(repository, "tag", "v1");
  await git(repository, "checkout", "-q", "-b", "next");
  await Deno.writeTextFile(join(repository, "MLproject"), mlproject("echo next"));
  await git(repository, "commit", "-q", "-am", "second");
  await git(repository, "checkout", "-q", "main");
  return repository;
}

/** What lies below `folder`, on a free port of loopback. */
function serve(folder: string): { readonly address: string; readonly seen: string[]; stop(): Promise<void> } {
  const seen: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const path = normalize(decodeURIComponent(new URL(request.url).pathname));
    seen.push(path);
    const content = await Deno.readFile(join(folder, path)).catch(() => undefined);
    return content === undefined ? new Response("nothing", { status: 404 }) : new Response(content);
  });
  return { address: `http://127.0.0.1:${server.addr.port}`, seen, stop: () => server.shutdown() };
}

realTest(["git"], "a project is fetched by git over HTTP, once a commit, and run in a copy", async () => {
  await using folder = await workingFolder();
  const repository = await makeRepository(folder.path, {
    "MLproject": mlproject("echo first; touch made; git log --format=%s"),
  });
  await git(folder.path, "clone", "-q", "--bare", repository, "served.git");
  await git(join(folder.path, "served.git"), "update-server-info");
  const server = serve(folder.path);
  try {
    const uri = `${server.address}/served.git`;
    const first = await runSluice(["run", uri, "--yes", ...local], folder.path);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout, "first\nfirst\n");
    const fetches = server.seen.length;
    const again = await runSluice(["run", uri, "--yes", ...local], folder.path);
    assert.equal(again.stdout, "first\nfirst\n", "nothing that the run before wrote is there");
    assert.ok(server.seen.length - fetches < 4, "only what HEAD is was asked");
    const commit = await git(repository, "rev-parse", "main");
    const [run] = readRuns(folder.path);
    assert.equal(run!.tags["mlflow.source.name"], uri);
    assert.equal(run!.tags["mlflow.source.git.commit"], commit);
    assert.equal(run!.tags["mlflow.source.git.repoURL"], uri);

    for (const version of ["next", await git(repository, "rev-parse", "next")]) {
      const next = await runSluice(["run", uri, "--yes", "-v", version, ...local], folder.path);
      assert.equal(next.stdout, "next\n", next.stderr);
    }
    const branches = readRuns(folder.path).map(({ tags }) => tags["mlflow.source.git.branch"]).filter((
      each,
    ) => each !== undefined);
    assert.deepEqual(branches, ["next"]);

    const unknown = await runSluice(["run", uri, "--yes", "-v", "nowhere", ...local], folder.path);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /no branch, tag or commit `nowhere`[^]*main, next, v1/);

    const unasked = await runSluice(["run", uri, ...local], folder.path);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /PROJECT_NOT_APPROVED[^]*echo first[^]*--yes/);
  } finally {
    await server.stop();
  }
});

realTest(["git"], "a version of a folder is taken from its checkout, which stays as it is", async () => {
  await using folder = await workingFolder();
  const repository = await makeRepository(folder.path, { "MLproject": mlproject("echo first") });
  await Deno.writeTextFile(join(repository, "MLproject"), mlproject("echo edited"));
  const run = async (...args: readonly string[]) =>
    (await runSluice(["run", "repository", ...args, ...local], folder.path)).stdout;
  assert.equal(await run(), "edited\n");
  assert.equal(await run("-v", "v1"), "first\n");
  assert.equal(await run("--version", "next"), "next\n");
  assert.equal(await git(repository, "branch", "--show-current"), "main");
  assert.equal(await git(repository, "status", "--short"), "M MLproject");
});

realTest(["git"], "a stranger's checkout leads to no file outside of it, and starts no program", async () => {
  await using folder = await workingFolder();
  const repository = await makeRepository(folder.path, { "MLproject": mlproject("true") });
  await Deno.writeTextFile(join(folder.path, "secret.yaml"), "python: '3.11'\n");
  await Deno.writeTextFile(
    join(repository, ".gitmodules"),
    '[submodule "a"]\n\tpath = a\n\turl = ext::sh -c touch% /tmp/never\n',
  );
  await Deno.symlink(join(folder.path, "secret.yaml"), join(repository, "python_env.yaml"));
  await Deno.symlink("/", join(repository, "top"));
  await git(repository, "add", ".");
  await git(
    repository,
    "update-index",
    "--add",
    "--cacheinfo",
    `160000,${await git(repository, "rev-parse", "HEAD")},a`,
  );
  await git(repository, "commit", "-q", "-m", "links");
  const module = await runSluice(["run", "repository", "-v", "main", ...local], folder.path);
  assert.equal(module.code, 2, module.stderr);
  assert.match(module.stderr, /transport 'ext' not allowed/);
  await git(repository, "rm", "-q", "--cached", "a", ".gitmodules");
  await git(repository, "commit", "-q", "-m", "no modules");
  for (const uri of ["repository", "repository#top/etc"]) {
    const ended = await runSluice(["run", uri, "-v", "main", ...local], folder.path);
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(ended.stderr, /a link that leads out of the project/);
  }
});

Deno.test("an archive is unpacked and run, from a file and over HTTP", async () => {
  await using folder = await workingFolder();
  const text = (content: string) => new TextEncoder().encode(content);
  await Deno.writeFile(
    join(folder.path, "p.zip"),
    zipSync({
      "MLproject": text(mlproject("cat a/b; pwd")),
      "a/b": text("b\n"),
      "c/MLproject": text(mlproject("echo c")),
    }),
  );
  const server = serve(folder.path);
  try {
    for (const uri of ["p.zip", `file://${folder.path}/p.zip`, `${server.address}/p.zip`]) {
      const ended = await runSluice(["run", uri, "--yes", ...local], folder.path);
      assert.equal(ended.code, 0, ended.stderr);
      const [first, where] = ended.stdout.split("\n");
      assert.equal(first, "b");
      assert.equal(await Deno.stat(where!).catch(() => undefined), undefined, "the copy is removed");
    }
    assert.equal((await runSluice(["run", "p.zip#c", "--yes", ...local], folder.path)).stdout, "c\n");
    for (
      const [uri, says] of [[`${server.address}/q.zip`, "answers 404"], ["q.zip", "no such file"]] as const
    ) {
      const ended = await runSluice(["run", uri, "--yes", ...local], folder.path);
      assert.equal(ended.code, 2);
      assert.ok(ended.stderr.includes(says), ended.stderr);
    }
  } finally {
    await server.stop();
  }
});

for (
  const [name, entry, says] of [
    ["above its folder", "../evil", "leads out of it"],
    ["by a whole path", "/tmp/evil", "leads out of it"],
    ["with a point in between", "a/../../evil", "leads out of it"],
    ["with backslashes", "..\\evil", "leads out of it"],
  ] as const
) {
  Deno.test(`an archive with an entry ${name} is refused, and nothing of it is written`, async () => {
    await using folder = await workingFolder();
    await Deno.writeFile(
      join(folder.path, "p.zip"),
      zipSync({ "MLproject": new Uint8Array(), [entry]: new Uint8Array(5) }),
    );
    const ended = await runSluice(["run", "p.zip", "--yes", ...local], folder.path);
    assert.equal(ended.code, 2, ended.stderr);
    assert.ok(ended.stderr.includes(says), ended.stderr);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(folder.cache, "sluice", "mlprojects"))), []);
  });
}

Deno.test("a damaged archive is refused", async () => {
  await using folder = await workingFolder();
  const whole = zipSync({ "MLproject": new TextEncoder().encode(mlproject("true")) });
  for (const bytes of [new Uint8Array(), whole.slice(0, 40), new TextEncoder().encode("no archive at all")]) {
    await Deno.writeFile(join(folder.path, "p.zip"), bytes);
    const ended = await runSluice(["run", "p.zip", "--yes", ...local], folder.path);
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(ended.stderr, /no zip archive, or a damaged one/);
  }
});
