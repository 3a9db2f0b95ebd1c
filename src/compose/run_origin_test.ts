import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../../test/real_part.ts";
import { findGitCommit } from "./git_checkout.ts";

async function git(folder: string, ...args: string[]): Promise<string> {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...identity, ...args],
    cwd: folder,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

realTest(
  ["git"],
  "findGitCommit() says what git says: loose, packed, detached, in a worktree, in a folder below",
  async () => {
    const folder = await Deno.makeTempDir();
    const project = join(folder, "project");
    await Deno.mkdir(join(project, "below"), { recursive: true });
    assert.equal(findGitCommit(join(folder, "project")), undefined);
    await git(project, "init", "-q");
    assert.equal(findGitCommit(project), undefined);
    await git(project, "commit", "-q", "--allow-empty", "-m", "one");
    const commit = await git(project, "rev-parse", "HEAD");
    assert.equal(findGitCommit(join(project, "below")), commit);
    await git(project, "pack-refs", "--all");
    assert.equal(findGitCommit(project), commit);
    await git(project, "worktree", "add", "-q", join(folder, "tree"));
    assert.equal(findGitCommit(join(folder, "tree")), commit);
    await git(project, "checkout", "-q", "--detach");
    assert.equal(findGitCommit(project), commit);
    await Deno.remove(folder, { recursive: true });
  },
);
