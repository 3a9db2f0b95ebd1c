import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { realTest } from "../../test/real_part.ts";
import { readIgnoreRules } from "./ignore_rules.ts";

for (
  const [text, path, said] of [
    ["*.pyc", "a/b.pyc", true],
    ["*.pyc", "a/b.PYC", undefined],
    ["/data", "data", true],
    ["/data", "a/data", undefined],
    ["a/b", "a/b", true],
    ["a/b", "x/a/b", undefined],
    ["build/", "build", undefined],
    ["build/", "build/", true],
    ["**/b", "b", true],
    ["**/b", "x/y/b", true],
    ["a/**", "a", undefined],
    ["a/**", "a/x/y", true],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["*.log\n!keep.log", "keep.log", false],
    ["!keep.log\n*.log", "keep.log", true],
    ["# a", "# a", undefined],
    ["\\# a", "# a", true],
    ["\\!a", "!a", true],
    ["a  ", "a", true],
    ["a\\ ", "a ", true],
    ["a\r", "a", true],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", undefined],
    ["[[:digit:]]", "7", true],
    ["[]x]", "]", true],
    ["[/", "[", undefined],
    ["a\\", "a\\", undefined],
    ["?", "ü", undefined],
    ["ü*", "üx", true],
    ["**\\/a", "a", undefined],
    ["**\\/a", "x/a", true],
    ["", "a", undefined],
    ["/", "a", undefined],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} says ${said} of ${path}`, () => {
    const isFolder = path.endsWith("/");
    assert.equal(readIgnoreRules(text)(path.replace(/\/$/, ""), isFolder), said);
  });
}

Deno.test("a pattern of many stars is decided in no time", () => {
  const startedAt = performance.now();
  const rules = readIgnoreRules(`${"a*".repeat(100)}b\n${"**/a/".repeat(50)}b\n`);
  assert.equal(rules("a".repeat(255), false), undefined);
  assert.equal(rules("a/".repeat(500) + "c", false), undefined);
  assert.ok(performance.now() - startedAt < 1000);
});

const sign = fc.constantFrom(
  ..."aAb/*?[]!-\\ .:^ü#".split(""),
  "**",
  "[:alpha:]",
  "[a-b]",
  "[^a]",
  "/**/",
  "\\ ",
);
const line = fc.array(sign, { maxLength: 7 }).map((signs) => signs.join(""));
const lines = fc.array(line, { minLength: 1, maxLength: 3 }).map((all) => all.join("\n"));
const name = fc.array(fc.constantFrom(..."aAb.ü-[]\\ !".split("")), { minLength: 1, maxLength: 3 })
  .map((characters) => characters.join("")).filter((one) => !/^\.{1,2}$/.test(one));
const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")), {
  minLength: 20,
  maxLength: 20,
});

realTest(["git"], "2,000 random paths are ignored where git ignores them, by 100 random files", async () => {
  const folder = await Deno.makeTempDir();
  const git = async (args: readonly string[], input = "") => {
    const child = new Deno.Command("git", {
      args: ["-c", "core.ignoreCase=false", ...args],
      cwd: folder,
      env: { HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    return new TextDecoder().decode((await child.output()).stdout);
  };
  try {
    await git(["init", "-q"]);
    await fc.assert(
      fc.asyncProperty(lines, paths, async (text, tried) => {
        await Deno.writeTextFile(join(folder, ".gitignore"), text);
        const told = (await git(["check-ignore", "--no-index", "-z", "--stdin"], tried.join("\0") + "\0"))
          .split("\0");
        const rules = readIgnoreRules(text);
        const ours = tried.filter((path) => {
          const names = path.split("/");
          // Nothing in a folder that is ignored is looked at again.
          return names.some((_, index) =>
            rules(names.slice(0, index + 1).join("/"), index < names.length - 1)
          );
        });
        assert.deepEqual(new Set(ours), new Set(told.filter((path) => path !== "")));
      }),
      { numRuns: 100 },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
