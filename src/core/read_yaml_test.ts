import assert from "node:assert/strict";
import { readYaml, yamlLimit } from "./read_yaml.ts";

const filler = `filler: "${"x".repeat(10_000)}"\n`;

for (const [size, more] of [["a short text", ""], ["a long text", filler]] as const) {
  Deno.test(`readYaml() gives the value of ${size}, and refuses what is none`, async () => {
    const read = await readYaml(`a: [1, .5, null, "x"]\na: 2\n__proto__: {b: 1}\n${more}`) as Record<
      string,
      unknown
    >;
    assert.equal(read["a"], 2);
    assert.ok(Object.hasOwn(read, "__proto__") && !("b" in {}));
    await assert.rejects(readYaml(`a: &x 1\nb: *x\n${more}`), /lias/);
    await assert.rejects(readYaml(`a: [1, 2\nb: 3\n${more}`), /flow|YAML/);
  });
}

Deno.test("a text that takes long to parse is refused in the end, and nothing else waits for it", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 50);
  try {
    await assert.rejects(readYaml(`[${",".repeat(yamlLimit - 1)}`));
    assert.ok(turns > 5, String(turns));
  } finally {
    clearInterval(timer);
  }
});
