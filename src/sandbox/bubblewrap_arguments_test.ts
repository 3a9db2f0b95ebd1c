import assert from "node:assert/strict";
import { bubblewrapArguments, type BubblewrapSetting } from "./bubblewrap_arguments.ts";
import { codeOf } from "./test_failure.ts";
import type { Place } from "./visible_paths.ts";

const file = (path: string): Place => ({ path, is: "file", access: "read", isOptional: false });
const base: BubblewrapSetting = {
  policy: { folder: "/project", net: false, variables: { PATH: "/usr/bin" } },
  visible: {
    places: [
      { path: "/project/out", is: "folder", access: "write", isOptional: false },
      file("/project/train.py"),
      { path: "/usr", is: "folder", access: "read", isOptional: true },
    ],
    links: [{ at: "/bin", target: "usr/bin" }],
    folders: ["/project"],
    split: [],
    folder: "/project",
  },
  replaced: { "/etc/passwd": 8 },
  devices: [],
  disablesNamespaces: true,
};
const visible = (change: Partial<BubblewrapSetting["visible"]>): BubblewrapSetting => ({
  ...base,
  visible: { ...base.visible, ...change },
});
const text = (setting: BubblewrapSetting): string => bubblewrapArguments(setting).join(" ");

Deno.test("bubblewrapArguments() makes folders and links, then mounts, then closes the root", () => {
  assert.equal(
    text(base),
    "--unshare-all --unshare-user --disable-userns --hostname localhost --cap-drop ALL --new-session " +
      "--die-with-parent --unsetenv OLDPWD --unsetenv SHLVL --unsetenv _ --tmpfs /tmp --proc /proc --dev /dev " +
      "--dir /project --symlink usr/bin /bin --bind /project/out /project/out " +
      "--ro-bind /project/train.py /project/train.py --ro-bind-try /usr /usr " +
      "--file 8 /etc/passwd --remount-ro /proc --remount-ro / --chdir /project",
  );
});

const rules: readonly (readonly [name: string, setting: BubblewrapSetting, has: string, hasNot: string])[] = [
  [
    "shares the network when all of it is granted",
    { ...base, policy: { ...base.policy, net: true } },
    "--share-net",
    "-",
  ],
  [
    "keeps the network closed when hosts are named: a proxy leads there",
    { ...base, policy: { ...base.policy, net: ["example.com"] } },
    "--unshare-all",
    "--share-net",
  ],
  [
    "does without --disable-userns in an older bubblewrap",
    { ...base, disablesNamespaces: false },
    "--unshare-user",
    "--disable-userns",
  ],
  [
    "does not let a project in /tmp be written beside what is shown of it",
    visible({ folders: ["/tmp", "/tmp/p", "/tmp/p/q"], places: [file("/tmp/p/q/a")] }),
    "--tmpfs /tmp --proc /proc --dev /dev --tmpfs /tmp/p --dir /tmp/p/q " +
    "--symlink usr/bin /bin --ro-bind /tmp/p/q/a /tmp/p/q/a " +
    "--file 8 /etc/passwd --remount-ro /tmp/p --remount-ro /proc --remount-ro /",
    "--dir /tmp --",
  ],
  [
    "shows a /tmp that is granted",
    visible({ places: [{ path: "/tmp", is: "folder", access: "write", isOptional: false }] }),
    "--bind /tmp /tmp",
    "--tmpfs",
  ],
  [
    "puts nothing in a folder that is granted",
    visible({ places: [{ path: "/etc", is: "folder", access: "read", isOptional: false }] }),
    "--ro-bind /etc /etc",
    "/etc/passwd",
  ],
  ["gives devices", { ...base, devices: ["/dev/nvidia0"] }, "--dev-bind /dev/nvidia0 /dev/nvidia0", "-"],
  [
    "names no value of a variable that a shell passes on",
    { ...base, policy: { ...base.policy, variables: { TOKEN: "secret" } } },
    "",
    "secret",
  ],
  [
    "sets again what a shell would change or drop",
    { ...base, policy: { ...base.policy, variables: { SHLVL: "3", "a.b": "c" } } },
    "--unsetenv OLDPWD --unsetenv _ --setenv SHLVL 3 --setenv a.b c",
    "--unsetenv SHLVL",
  ],
];
for (const [name, setting, has, hasNot] of rules) {
  Deno.test(`bubblewrapArguments() ${name}`, () => {
    assert.ok(text(setting).includes(has), text(setting));
    if (hasNot !== "-") assert.ok(!text(setting).includes(hasNot), text(setting));
  });
}

Deno.test("bubblewrapArguments() refuses more than bubblewrap takes", () => {
  const places = Array.from({ length: 3000 }, (_, index) => file(`/project/${index}`));
  assert.equal(codeOf(() => bubblewrapArguments(visible({ places }))), "STEP_NOT_STARTED");
});
