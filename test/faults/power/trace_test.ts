/** What is read from strace's lines. */
import assert from "node:assert/strict";
import type { DiskCall } from "./disk.ts";
import { readTrace } from "./trace.ts";

const hex = (text: string) =>
  [...new TextEncoder().encode(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
/** As strace writes it with `-xx`: what stands in quotes and angles is in hex digits. */
const line = (text: string) =>
  text.replaceAll(/"([^"]*)"/g, (_, inner) => `"${hex(inner)}"`)
    .replaceAll(/<(\/[^>]*|pipe[^>]*)>/g, (_, inner) => `<${hex(inner)}>`);
const read = (...lines: readonly string[]): DiskCall[] =>
  readTrace(lines.map(line).join("\n"), { roots: ["/d", "/c"], said: "/said" })
    .map((call) =>
      "bytes" in call ? { ...call, bytes: new TextDecoder().decode(call.bytes) } as never : call
    );

const opened = { creates: false, empties: false, appends: false, writes: false, isProgram: false };

for (
  const [what, lines, expected] of [
    ["an open file", ['7 openat(AT_FDCWD</x>, "/d/a", O_WRONLY|O_CREAT|O_TRUNC, 0755) = 3</d/a>'], [
      { ...opened, is: "open", path: "/d/a", creates: true, empties: true, writes: true, isProgram: true },
    ]],
    ["a file that is opened in a folder", [
      '7 openat2(5</d>, "a", {flags=O_RDWR|O_CREAT, mode=0644, resolve=RESOLVE_NO_SYMLINKS}, 24) = 3</d/a>',
    ], [{ ...opened, is: "open", path: "/d/a", creates: true, writes: true }]],
    ["a name from a folder's descriptor", ['7 unlinkat(5</d/f>, "a", 0) = 0'], [{
      is: "remove",
      path: "/d/f/a",
    }]],
    ["a name from the working folder", [
      '7 openat(AT_FDCWD</d>, "/lib", O_RDONLY) = 3</lib>',
      '7 mkdir("f", 0777) = 0',
    ], [
      { is: "make-folder", path: "/d/f" },
    ]],
    ["a name after a change of folder", ["7 fchdir(3</c/g>) = 0", '7 mkdir("../f", 0777) = 0'], [
      { is: "make-folder", path: "/c/f" },
    ]],
    ["what failed", ['7 mkdir("/d/f", 0777) = -1 EEXIST (File exists)', "7 fsync(3</d/a>) = ?"], []],
    ["what is elsewhere", [
      '7 write(3</e/a>, "x", 1) = 1',
      '7 rename("/e/a", "/e/b") = 0',
      "7 +++ exited with 0 +++",
    ], []],
    ["a write that was cut short", ['7 pwrite64(3</d/a>, "abc", 3, 5) = 2'], [
      { is: "write", path: "/d/a", bytes: "ab", at: 5 },
    ]],
    ["a write of several pieces", [
      '7 writev(3</d/a>, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], 2) = 3',
    ], [
      { is: "write", path: "/d/a", bytes: "abc" },
    ]],
    ["words, from when they begin", [
      '7 write(1</said>, "yes", 3 <unfinished ...>',
      '8 mkdir("/d/f", 0777) = 0',
      "7 <... write resumed>) = 3",
    ], [
      { is: "say", text: "yes" },
      { is: "make-folder", path: "/d/f" },
    ]],
    ["a sync with a write in it", [
      "7 fdatasync(3</d/a> <unfinished ...>",
      '8 write(4</d/a>, "x", 1)       = 1',
      "7 <... fdatasync resumed>)      = 0",
    ], [
      { is: "begin-sync", sync: 0, path: "/d/a", isOfData: true },
      { is: "write", path: "/d/a", bytes: "x" },
      { is: "end-sync", sync: 0 },
    ]],
    ["a copy", ["7 copy_file_range(3</d/a>, NULL, 4</c/b>, NULL, 99, 0) = 7"], [
      { is: "copy", from: "/d/a", to: "/c/b", sizeBytes: 7 },
    ]],
    ["a file that has no name any more", ['7 write(3</d/a>(deleted), "x", 1) = 1'], []],
  ] as const
) {
  Deno.test(`a trace tells of ${what}`, () => assert.deepEqual(read(...lines), expected));
}

for (
  const [what, lines] of [
    ["text that was cut off", ['7 write(3</d/a>, "x"..., 99) = 99']],
    ["a map that is shared", ["7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</d/a>, 0) = 0x7f"]],
    ["a link", ['7 symlink("/d/a", "/d/b") = 0']],
    ["a rename out of the places", ['7 rename("/d/a", "/e/a") = 0']],
    ["a call that it does not know", ["7 fallocate(3</d/a>, 0, 0, 10) = 0"]],
  ] as const
) {
  Deno.test(`a trace with ${what} is refused`, () => assert.throws(() => read(...lines)));
}
