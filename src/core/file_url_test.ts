import assert from "node:assert/strict";
import * as url from "node:url";
import fc from "fast-check";
import { fileURLToPath, pathToFileURL } from "./file_url.ts";

Deno.test("pathToFileURL() and fileURLToPath() give any path back", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 })), (parts) => {
    const names = parts.map((part) => part.replaceAll(/[/\0]/g, "_")).filter((part) =>
      !/^\.{1,2}$/.test(part)
    );
    const path = `/${names.join("/")}`;
    assert.equal(fileURLToPath(pathToFileURL(path)), path);
  }));
});

for (const path of ["/a/b.ts", "/a b/c#d?e%f.ts", "/ü/日本/x.ts", "/a\nb"]) {
  Deno.test(`file URLs of ${JSON.stringify(path)} are read as node:url reads them`, () => {
    assert.equal(url.fileURLToPath(pathToFileURL(path)), path);
    assert.equal(fileURLToPath(url.pathToFileURL(path)), path);
  });
}

Deno.test("fileURLToPath() refuses what is no file, or another machine's", () => {
  for (const text of ["https://example.com/a.ts", "file://host/a.ts"]) {
    assert.throws(() => fileURLToPath(text), TypeError);
    assert.throws(() => url.fileURLToPath(text), TypeError);
  }
  assert.equal(fileURLToPath("file://localhost/a.ts"), "/a.ts");
});
