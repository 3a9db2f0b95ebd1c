/** What the model of a disk keeps, call by call. */
import assert from "node:assert/strict";
import { type DiskCall, openDisk } from "./disk.ts";
import { type Loss, remainsOf } from "./remains.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const open = (path: string, more: Partial<Extract<DiskCall, { is: "open" }>> = {}): DiskCall => ({
  ...{ is: "open", path: `/d/${path}`, creates: true, empties: false, appends: false, writes: true },
  ...{ isProgram: false, ...more },
});
const write = (path: string, text: string, at?: number): DiskCall => ({
  ...{ is: "write", path: `/d/${path}`, bytes: bytesOf(text) },
  ...(at === undefined ? {} : { at }),
});
let syncs = 0;
const sync = (path: string, isOfData = false): DiskCall[] => {
  const sync = syncs++;
  const at = path === "" ? "/d" : `/d/${path}`;
  return [{ is: "begin-sync", sync, path: at, isOfData }, { is: "end-sync", sync }];
};
/** A call while a sync is under way. */
const during = ([begin, end]: readonly DiskCall[], call: DiskCall): DiskCall[] => [begin!, call, end!];
const rename = (from: string, to: string): DiskCall => ({ is: "rename", from: `/d/${from}`, to: `/d/${to}` });
const link = (from: string, to: string): DiskCall => ({ is: "link", from: `/d/${from}`, to: `/d/${to}` });
const remove = (path: string): DiskCall => ({ is: "remove", path: `/d/${path}` });
const folder = (path: string): DiskCall => ({ is: "make-folder", path: `/d/${path}` });
const resize = (path: string, sizeBytes: number): DiskCall => ({
  is: "resize",
  path: `/d/${path}`,
  sizeBytes,
});
const mark = (path: string): DiskCall => ({ is: "mark", path: `/d/${path}`, isProgram: true });

/** The tree as text: `a=1`, `x!=1` of a program, `f/` of a folder. */
function leftOf(calls: readonly DiskCall[], loss: Loss, isJournalled = false): string {
  const old = { bytes: bytesOf("old"), isProgram: false };
  const disk = openDisk(["/d"], new Map([["/d/old", old]]), { isJournalled });
  calls.forEach((call) => disk.apply(call));
  return [...remainsOf(disk, loss)].filter(([path]) => path !== "/d").map(([path, each]) => {
    const name = path.slice("/d/".length);
    if (each.is === "folder") return `${name}/`;
    const text = new TextDecoder().decode(each.read()).replaceAll("\0", "_");
    return `${name}${each.isProgram ? "!" : ""}=${text}`;
  }).join(" ");
}

const made = [open("a"), write("a", "1")];
const table: readonly (readonly [
  name: string,
  calls: readonly DiskCall[],
  left: { readonly [Way in "nothing" | "names" | "sizes" | "bytes" | "all"]: string },
])[] = [
  ["a file that is not synced", made, {
    ...{ nothing: "old=old", names: "a= old=old", sizes: "a=_ old=old" },
    ...{ bytes: "old=old", all: "a=1 old=old" },
  }],
  ["a file that is synced and its folder is not", [...made, ...sync("a")], {
    ...{ nothing: "old=old", names: "a=1 old=old", sizes: "a=1 old=old" },
    ...{ bytes: "old=old", all: "a=1 old=old" },
  }],
  ["a folder that is synced and its file is not", [...made, ...sync("")], {
    ...{ nothing: "a= old=old", names: "a= old=old", sizes: "a=_ old=old" },
    ...{ bytes: "a=1 old=old", all: "a=1 old=old" },
  }],
  ["what is written while a sync is under way", [
    ...[...made, ...sync(""), ...during(sync("a"), write("a", "2"))],
  ], {
    ...{ nothing: "a=1 old=old", names: "a=1 old=old", sizes: "a=1_ old=old" },
    ...{ bytes: "a=12 old=old", all: "a=12 old=old" },
  }],
  ["a write over bytes that are safe", [write("old", "n", 0)], {
    ...{ nothing: "old=old", names: "old=old", sizes: "old=old", bytes: "old=nld", all: "old=nld" },
  }],
  [
    "a file that was made shorter, then written far behind its end",
    [resize("old", 1), write("old", "n", 3)],
    {
      ...{ nothing: "old=old", names: "old=old", sizes: "old=old_", bytes: "old=o__n", all: "old=o__n" },
    },
  ],
  ["a rename over a file", [...made, ...sync("a"), rename("a", "old")], {
    ...{ nothing: "old=old", names: "old=1", sizes: "old=1", bytes: "old=old", all: "old=1" },
  }],
  [
    "a rename into a folder that is synced",
    [folder("f"), ...sync(""), rename("old", "f/new"), ...sync("f")],
    {
      ...{ nothing: "f/ f/new=old", names: "f/ f/new=old", sizes: "f/ f/new=old" },
      ...{ bytes: "f/ f/new=old", all: "f/ f/new=old" },
    },
  ],
  ["a folder that is synced and the one above is not", [
    folder("f"),
    open("f/a"),
    ...sync("f/a"),
    ...sync("f"),
  ], {
    ...{ nothing: "old=old", names: "f/ f/a= old=old", sizes: "f/ f/a= old=old" },
    ...{ bytes: "old=old", all: "f/ f/a= old=old" },
  }],
  ["a name that is removed", [remove("old")], {
    ...{ nothing: "old=old", names: "", sizes: "", bytes: "old=old", all: "" },
  }],
  ["a name that is removed and its folder synced", [remove("old"), ...sync("")], {
    ...{ nothing: "", names: "", sizes: "", bytes: "", all: "" },
  }],
  ["a second name, of which the first is removed", [link("old", "b"), ...sync(""), remove("old")], {
    ...{ nothing: "b=old old=old", names: "b=old", sizes: "b=old", bytes: "b=old old=old", all: "b=old" },
  }],
  ["rights that are set, with the data synced alone", [mark("old"), ...sync("old", true)], {
    ...{ nothing: "old=old", names: "old=old", sizes: "old!=old", bytes: "old!=old", all: "old!=old" },
  }],
  ["rights that are set and synced", [mark("old"), ...sync("old")], {
    ...{ nothing: "old!=old", names: "old!=old", sizes: "old!=old", bytes: "old!=old", all: "old!=old" },
  }],
  ["writes one after the other, and appended ones", [
    ...[
      open("old", { creates: false, empties: true }),
      write("old", "1"),
      write("old", "2"),
      write("old", "3", 0),
    ],
    ...[open("old", { appends: true }), write("old", "4")],
  ], { nothing: "old=old", names: "old=old", sizes: "old=old", bytes: "old=324", all: "old=324" }],
];

for (const [name, calls, left] of table) {
  for (const [leaves, expected] of Object.entries(left)) {
    Deno.test(`of ${name} a loss that leaves ${leaves} leaves \`${expected}\``, () =>
      assert.equal(leftOf(calls, { leaves: leaves as keyof typeof left }), expected));
  }
}

Deno.test("a journalled disk saves with any sync all names that were changed before it", () => {
  const calls = [folder("f"), open("f/a"), ...sync("old"), open("f/b")];
  assert.equal(leftOf(calls, { leaves: "nothing" }, true), "f/ f/a= old=old");
  assert.equal(leftOf(calls, { leaves: "nothing" }, false), "old=old");
});

Deno.test("torn and scattered losses are the same for the same seed, and leave every part of what was written", () => {
  const calls = [open("a"), write("a", "x".repeat(3 * 4096)), folder("f"), rename("old", "f/old")];
  for (const leaves of ["torn", "scattered"] as const) {
    const seeds = Array.from({ length: 200 }, (_, seed) => leftOf(calls, { leaves, seed }));
    assert.deepEqual(seeds, seeds.map((_, seed) => leftOf(calls, { leaves, seed })));
    const found = new Set(seeds.map((left) => left.replace(/(a=)?[x_]*/, (text) => `${text.length} `)));
    assert.ok(found.size >= 4, [...found].join("; "));
    assert.ok(seeds.every((left) => !left.includes("old=") || left.match(/old=/g)!.length === 1));
    if (leaves === "torn") assert.ok(seeds.every((left) => !left.includes("f/") || left.startsWith("a=")));
  }
});
