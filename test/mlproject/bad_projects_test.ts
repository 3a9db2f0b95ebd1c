/** Projects and calls that are refused: exit code 2, a sentence, and nothing left behind. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { runSluice, workingFolder } from "../run/run_project.ts";

const command = "entry_points: {main: {command: 'true'}}\n";
const bad: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  readonly says: string;
}[] = [
  {
    name: "an environment's file above the project",
    files: { MLproject: `python_env: ../p.yaml\n${command}` },
    says: "not below the project",
  },
  {
    name: "an environment's file by its whole path",
    files: { MLproject: `conda_env: /etc/passwd\n${command}` },
    says: "not below the project",
  },
  {
    name: "an environment's file that is not there",
    files: { MLproject: `conda_env: c.yaml\n${command}` },
    says: "which is not there",
  },
  {
    name: "an environment's file by an encoded path",
    files: { MLproject: `conda_env: "%2e%2e/c.yaml"\n${command}` },
    says: "which is not there",
  },
  {
    name: "an empty python_env",
    files: { MLproject: `python_env: p.yaml\n${command}`, "p.yaml": "" },
    says: "no map with `python`",
  },
  {
    name: "a python_env with a key that nobody knows",
    files: { MLproject: `python_env: p.yaml\n${command}`, "p.yaml": "pyhton: '3.11'\n" },
    says: "Did you mean `python`?",
  },
  {
    name: "a python_env whose python is a number",
    files: { MLproject: `python_env: p.yaml\n${command}`, "p.yaml": "python: 3.10\n" },
    says: "Put it in quotes",
  },
  {
    name: "an empty conda.yaml",
    files: { MLproject: `conda_env: c.yaml\n${command}`, "c.yaml": "" },
    says: "no map with `dependencies`",
  },
  { name: "a folder in an MLproject's place", files: { "MLproject/a": "" }, says: "it is no file" },
  {
    name: "bytes that are no text",
    files: { MLproject: "\uD800".repeat(2) },
    arguments: ["bytes"],
    says: "no UTF-8",
  },
  {
    name: "fifty megabytes",
    files: { MLproject: `name: ${"a".repeat(50_000_000)}\n` },
    says: "larger than 256 KiB",
  },
  {
    name: "entry points that depend on each other",
    files: {
      MLproject: "entry_points:\n  a: {command: 'true', depends_on: [main]}\n" +
        "  b: {command: 'true', depends_on: [a]}\n  main: {command: 'true', depends_on: [b]}\n",
    },
    says: 'MLproject:4:3: entry point "main"',
  },
  {
    name: "an image that is an option",
    files: { MLproject: `docker_env: {image: --privileged}\n${command}` },
    says: "image",
  },
  {
    name: "conda for a python_env",
    files: { MLproject: command },
    arguments: [".", "--env-manager", "conda"],
    says: "names a python_env",
  },
  {
    name: "an environment manager that nobody knows",
    files: { MLproject: command },
    arguments: [".", "--env-manager", "poetry"],
    says: "must be one of",
  },
  {
    name: "an address of git whose host is not there",
    files: { MLproject: command },
    arguments: ["https://git.example/a/b.git"],
    says: "Cannot fetch",
  },
  {
    name: "an address that is an option",
    files: { MLproject: command },
    arguments: ["--upload-pack=touch x"],
    says: "--upload-pack",
  },
  {
    name: "another transport of git",
    files: { MLproject: command },
    arguments: ["ext::sh -c touch% x"],
    says: "no such file",
  },
  {
    name: "an option that nobody knows",
    files: { MLproject: command },
    arguments: [".", "--entrypoint", "a"],
    says: "Did you mean `--entry-point`?",
  },
];

for (const { name, files, arguments: given = ["."], says } of bad) {
  Deno.test(`a project is refused for ${name}, and nothing is left`, async () => {
    await using folder = await workingFolder();
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder.path, path)), { recursive: true });
      await Deno.writeTextFile(join(folder.path, path), text);
    }
    if (given[0] === "bytes") {
      await Deno.writeFile(join(folder.path, "MLproject"), new Uint8Array([0xff, 0xfe, 0x80]));
    }
    const before = await namesIn(folder.path);
    const args = given[0] === "bytes" ? ["."] : given;
    const ended = await runSluice(["run", ...args], folder.path);
    assert.equal(ended.code, 2, ended.stderr);
    assert.ok(ended.stderr.includes(says), ended.stderr);
    assert.ok(ended.stderr.length < 2000 && !/\n {4}at /.test(ended.stderr), ended.stderr);
    assert.deepEqual(await namesIn(folder.path), before);
  });
}

const namesIn = async (folder: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
