import assert from "node:assert/strict";
import { dirname } from "node:path";
import { codeOf } from "./test_failure.ts";
import { type Found, isBelow, type Look, visiblePaths, type Wish } from "./visible_paths.ts";

/** Files end without a slash, folders with one; links are `at -> target`, another user's `at ~> target`. */
function diskOf(...lines: readonly string[]): Look {
  const entries = new Map<string, Found>([["/", { is: "folder" }]]);
  for (const line of lines) {
    const [path = "", arrow, target] = line.split(" ");
    const at = path.replace(/\/$/, "");
    for (let folder = dirname(at); folder !== "/"; folder = dirname(folder)) {
      entries.set(folder, { is: "folder" });
    }
    entries.set(
      at,
      target !== undefined
        ? { is: "link", target, isTrusted: arrow === "->" }
        : { is: path.endsWith("/") ? "folder" : "file" },
    );
  }
  return {
    find: (path) => entries.get(path),
    list: (folder) =>
      [...entries.keys()].filter((path) => path !== "/" && dirname(path) === folder)
        .map((path) => path.slice(path.lastIndexOf("/") + 1)),
  };
}

const disk = diskOf(
  "/usr/bin/sh",
  "/usr/src/app/pipeline.ts",
  "/usr/src/app/mlflow.db",
  "/usr/src/lib/x.c",
  "/bin -> usr/bin",
  "/project/pipeline.ts",
  "/project/train.py",
  "/project/data/a.csv",
  "/project/data/out/",
  "/project/data/inner -> ../../secret",
  "/project/linked.py -> /etc/shadow",
  "/project/there -> ../secret",
  "/secret/key",
  "/home/user -> ../data/user",
  "/data/user/models/m.bin",
  "/tmp/trap ~> /secret",
  "/etc/shadow",
);

function shown(read: readonly string[], write: readonly string[] = [], hidden: readonly string[] = []) {
  const wishes: Wish[] = [
    ...["/usr", "/bin", "/lib64"].map((path) => ({ path, access: "read", from: "machine" }) as const),
    ...read.map((path) => ({ path, access: "read", from: "step" }) as const),
    ...write.map((path) => ({ path, access: "write", from: "step" }) as const),
  ];
  return visiblePaths(wishes, { folder: "/project", guarded: ["/project"], hidden }, disk);
}

const placesOf = (visible: ReturnType<typeof shown>) =>
  visible.places.filter(({ path }) => path !== "/usr")
    .map(({ path, is, access }) => `${access} ${path}${is === "folder" ? "/" : ""}`);

const rules: readonly (readonly [
  name: string,
  read: readonly string[],
  write: readonly string[],
  expected: readonly string[],
])[] = [
  ["nothing but the machine's own", [], [], []],
  ["a file, and not what lies beside it", ["/project/train.py"], [], ["read /project/train.py"]],
  ["a folder once, whatever of it is named again", ["/project/data", "/project/data/a.csv"], [], [
    "read /project/data/",
  ]],
  ["what is named twice with the larger access", ["/project/data/out"], ["/project/data/out"], [
    "write /project/data/out/",
  ]],
  ["what lies in a folder to write, with that folder", ["/project/data/a.csv"], ["/project/data"], [
    "write /project/data/",
  ]],
  [
    "a folder to read piece by piece where one to write lies in it",
    ["/project/data"],
    ["/project/data/out"],
    [
      "read /project/data/a.csv",
      "write /project/data/out/",
    ],
  ],
  ["a name with `..` where it leads", ["/project/data/../train.py"], [], ["read /project/train.py"]],
  ["the target of a link of the machine's", ["/home/user/models"], [], ["read /data/user/models/"]],
  ["nothing more for a part of the system", ["/usr/bin/sh"], [], []],
];
for (const [name, read, write, expected] of rules) {
  Deno.test(`a step is shown ${name}`, () => assert.deepEqual(placesOf(shown(read, write)), expected));
}

const refusals: readonly (readonly [string, string])[] = [
  ["a source that is a link", "/project/linked.py"],
  ["a folder that is a link", "/project/there"],
  ["a file by way of a link", "/project/there/key"],
  ["a link below an input", "/project/data/inner"],
  ["a link of another user's", "/tmp/trap"],
  ["what is not there", "/project/missing"],
  ["what lies below a file", "/project/train.py/x"],
  ["a folder of the kernel's", "/proc/1"],
  ["a device", "/dev/sda"],
];
for (const [name, path] of refusals) {
  Deno.test(`a step is not shown ${name}`, () => {
    assert.equal(codeOf(() => shown([path])), "STEP_NOT_STARTED");
    assert.equal(codeOf(() => shown([], [path])), "STEP_NOT_STARTED");
  });
}

Deno.test("links of the machine are shown as links, with the folders that lead there", () => {
  const { links, folders } = shown(["/home/user/models"]);
  assert.deepEqual(links, [{ at: "/bin", target: "usr/bin" }, { at: "/home/user", target: "../data/user" }]);
  assert.deepEqual(folders, ["/data", "/data/user", "/home", "/project"]);
});

Deno.test("a project below the system's folders shows no more than elsewhere", () => {
  const visible = shown(["/usr/src/app/pipeline.ts"], [], ["/usr/src/app"]);
  assert.deepEqual(visible.places.map(({ path }) => path), [
    "/usr/bin",
    "/usr/src/app/pipeline.ts",
    "/usr/src/lib",
  ]);
  assert.deepEqual(visible.split, ["/usr", "/usr/src"]);
});

Deno.test("the whole file system is shown without the kernel's folders, and with what is written apart", () => {
  const visible = shown(["/"], ["/project/data/out"]);
  assert.ok(visible.places.some(({ path }) => path === "/secret"));
  assert.ok(!visible.places.some(({ path }) => path === "/tmp" || path === "/project"));
  assert.ok(visible.places.some(({ path, access }) => path === "/project/data/out" && access === "write"));
});

Deno.test("no place lies in another, whatever is wished for", () => {
  const some = [
    "/",
    "/project",
    "/project/data",
    "/project/data/out",
    "/project/train.py",
    "/usr/src",
    "/data",
  ];
  for (const a of some) {
    for (const b of some) {
      for (const c of some) {
        const { places, folders } = shown([a, b], c === "/" ? [] : [c], ["/usr/src/app"]);
        for (const { path } of places) {
          assert.ok(!places.some((other) => isBelow(path, other.path)), `${path} of ${[a, b, c]}`);
          assert.ok(!folders.includes(path));
        }
        assert.ok(!folders.some((folder) => places.some(({ path }) => isBelow(folder, path))));
      }
    }
  }
});

Deno.test("a link among the sources is shown as the link it is, without what it leads to", () => {
  const wishes = ["/project/linked.py", "/project/there", "/project/train.py"].map((path): Wish => ({
    path,
    access: "read",
    from: "step",
    keepsLink: true,
  }));
  const visible = visiblePaths(wishes, { folder: "/project", guarded: ["/project"], hidden: [] }, disk);
  assert.deepEqual(visible.places.map(({ path }) => path), ["/project/train.py"]);
  assert.deepEqual(visible.links, [
    { at: "/project/linked.py", target: "/etc/shadow" },
    { at: "/project/there", target: "../secret" },
  ]);
});

Deno.test("a project that is reached by a link is guarded where it lies", () => {
  const reached = diskOf("/way -> /project", "/project/here -> /secret", "/project/a.csv", "/secret/key");
  const show = (path: string) =>
    visiblePaths(
      [{ path, access: "read", from: "step" }],
      { folder: "/way", guarded: ["/way"], hidden: [] },
      reached,
    );
  assert.deepEqual(show("/way/a.csv").places.map(({ path }) => path), ["/project/a.csv"]);
  for (const path of ["/way/here", "/project/here", "/way/here/key"]) {
    assert.equal(codeOf(() => show(path)), "STEP_NOT_STARTED");
  }
});

Deno.test("what is only hidden shows no link of it", () => {
  const { links } = visiblePaths(
    [],
    { folder: "/project", guarded: ["/home/user"], hidden: ["/home/user"] },
    disk,
  );
  assert.deepEqual(links, []);
});
