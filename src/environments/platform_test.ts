import assert from "node:assert/strict";
import { readRelease } from "./platform.ts";

for (
  const [text, release] of [
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', "debian 12"],
    ["ID='ubuntu'\nID_LIKE=debian\nVERSION_ID='24.04'\n", "ubuntu 24.04"],
    ["ID=arch\nBUILD_ID=rolling\n", "arch rolling"],
    ["NAME=unknown\n", "linux"],
  ] as const
) {
  Deno.test(`readRelease() reads ${release}`, () => assert.equal(readRelease(text), release));
}
