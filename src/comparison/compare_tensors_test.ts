import assert from "node:assert/strict";
import { join } from "node:path";
import { compareOutputs, differenceText } from "./compare_outputs.ts";

interface Given {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function safetensors(tensors: Record<string, Given>, metadata?: Record<string, string>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at += bytes.length] };
  }
  return withHeader(JSON.stringify(header), Object.values(tensors).map(({ bytes }) => bytes));
}

function withHeader(header: string, parts: readonly Uint8Array[], length = header.length): Uint8Array {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, BigInt(length), true);
  return concat(start, new TextEncoder().encode(header), ...parts);
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
};

function npy(descr: string, shape: string, bytes: Uint8Array, order = "False"): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;
  const start = new Uint8Array([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    header.length & 255,
    header.length >> 8,
  ]);
  return concat(start, new TextEncoder().encode(header), bytes);
}

async function compare(
  format: string,
  before: Uint8Array,
  after: Uint8Array,
  tolerance?: number,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-comparison-" });
  try {
    const paths = [join(folder, "before"), join(folder, "after")] as const;
    await Deno.writeFile(paths[0], before);
    await Deno.writeFile(paths[1], after);
    const options = tolerance === undefined ? {} : { tolerance };
    const compared = await compareOutputs(...paths, { kind: "file", format }, options);
    if (compared.is === "different") return differenceText(compared.first);
    return compared.is === "same" ? ["same", ...compared.allowed].join(": ") : compared.is;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const floats = (...values: number[]): Given => ({
  dtype: "F32",
  shape: [2, values.length / 2],
  bytes: bytesOf(Float32Array.from(values)),
});
const doubles = (...values: number[]) => bytesOf(Float64Array.from(values));

const tables: readonly (readonly [string, Uint8Array, Uint8Array, string])[] = [
  [
    "an element is named by tensor and index",
    safetensors({ w: floats(1, 2, 3, 4) }),
    safetensors({ w: floats(1, 2, 3, 5) }),
    'tensor "w" at [1, 1]: 4 -> 5',
  ],
  [
    "a tensor that is gone is named",
    safetensors({ v: floats(1, 2), w: floats(1, 2) }),
    safetensors({ w: floats(1, 2) }),
    'tensor "v": F32[2, 1] -> nothing (it is gone)',
  ],
  [
    "a tensor that is new is named",
    safetensors({ w: floats(1, 2) }),
    safetensors({ v: floats(1, 2), w: floats(1, 2) }),
    'tensor "v": nothing -> F32[2, 1] (it is new)',
  ],
  [
    "another shape is said",
    safetensors({ w: floats(1, 2) }),
    safetensors({ w: { ...floats(1, 2), shape: [1, 2] } }),
    'tensor "w", shape: [2, 1] -> [1, 2]',
  ],
  [
    "another element type is said",
    safetensors({ w: floats(1, 2) }),
    safetensors({ w: { ...floats(1, 2), dtype: "I32" } }),
    'tensor "w", element type: F32 -> I32',
  ],
  [
    "half precision is read",
    safetensors({ w: { dtype: "F16", shape: [1], bytes: new Uint8Array([0, 0x3c]) } }),
    safetensors({ w: { dtype: "F16", shape: [1], bytes: new Uint8Array([0, 0xc0]) } }),
    'tensor "w" at [0]: 1 -> -2',
  ],
  [
    "brain precision is read",
    safetensors({ w: { dtype: "BF16", shape: [1], bytes: new Uint8Array([0x80, 0x3f]) } }),
    safetensors({ w: { dtype: "BF16", shape: [1], bytes: new Uint8Array([0, 0x40]) } }),
    'tensor "w" at [0]: 1 -> 2',
  ],
  [
    "long integers are exact",
    safetensors({ w: { dtype: "I64", shape: [], bytes: bytesOf(BigInt64Array.of(9007199254740993n)) } }),
    safetensors({ w: { dtype: "I64", shape: [], bytes: bytesOf(BigInt64Array.of(9007199254740992n)) } }),
    'tensor "w": 9007199254740993 -> 9007199254740992',
  ],
  [
    "metadata counts",
    safetensors({ w: floats(1, 2) }, { format: "pt" }),
    safetensors({ w: floats(1, 2) }, { format: "np" }),
    'metadata "format": "pt" -> "np"',
  ],
  [
    "-0 and 0 are told by their byte",
    safetensors({ w: floats(0, 1) }),
    safetensors({ w: floats(-0, 1) }),
    "byte 66: 0x00 -> 0x80 (every value in it is the same)",
  ],
];
for (const [name, before, after, said] of tables) {
  Deno.test(`compareOutputs() of safetensors: ${name}`, async () => {
    const text = await compare("safetensors", before, after);
    assert.equal(text.replace(/byte \d+/, "byte 66"), said);
  });
}

Deno.test("compareOutputs() of safetensors: numbers within the tolerance are the same, the largest is named", async () => {
  const [before, after] = [floats(1, 2, 3, 4), floats(1, 2, 3, 4.000001)].map((w) => safetensors({ w }));
  assert.equal(
    await compare("safetensors", before!, after!, 1e-6),
    'same: same within 0.000001, largest difference 2.4e-7 in tensor "w"',
  );
  assert.equal(
    await compare("safetensors", before!, after!, 1e-9),
    'tensor "w" at [1, 1]: 4 -> 4.000000953674316',
  );
});

const hostile: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", new Uint8Array(0)],
  ["a header longer than the file", withHeader("{}", [], 1e12)],
  ["a header that is no JSON", withHeader("{{", [])],
  ["a header of another shape", withHeader("[1]", [])],
  ["offsets outside of the file", withHeader('{"w":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}', [])],
  [
    "a shape that is larger than any number",
    withHeader(`{"w":{"dtype":"F32","shape":[${Array(40).fill(9e15)}],"data_offsets":[0,4]}}`, []),
  ],
  [
    "an unknown element type",
    withHeader('{"w":{"dtype":"constructor","shape":[],"data_offsets":[0,0]}}', []),
  ],
  ["a negative offset", withHeader('{"w":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', [])],
];
for (const [name, bytes] of hostile) {
  Deno.test(`compareOutputs() of safetensors: ${name} is told by its byte`, async () => {
    assert.match(
      await compare("safetensors", bytes, safetensors({ w: floats(1, 2) })),
      /^byte \d+.*by bytes, as /,
    );
    assert.match(
      await compare("safetensors", safetensors({ w: floats(1, 2) }), bytes),
      /^byte \d+.*by bytes, as /,
    );
  });
}

const arrays: readonly (readonly [string, Uint8Array, Uint8Array, string])[] = [
  [
    "an element is named by its index",
    npy("<f8", "2, 2", doubles(1, 2, 3, 4)),
    npy("<f8", "2, 2", doubles(1, 2, 9, 4)),
    "the array at [1, 0]: 3 -> 9",
  ],
  [
    "by the first index first, where that moves fastest",
    npy("<f8", "2, 2", doubles(1, 2, 3, 4), "True"),
    npy("<f8", "2, 2", doubles(1, 9, 3, 4), "True"),
    "the array at [1, 0]: 2 -> 9",
  ],
  [
    "another element type is said",
    npy("<f8", "1,", doubles(1)),
    npy("<i8", "1,", doubles(1)),
    "the array, element type: <f8 -> <i8",
  ],
  [
    "another order of elements is said",
    npy("<f8", "1,", doubles(1)),
    npy("<f8", "1,", doubles(1), "True"),
    "the array, order of elements: by row -> by column",
  ],
  [
    "big-endian numbers are read",
    npy(">i2", "1,", new Uint8Array([1, 0])),
    npy(">i2", "1,", new Uint8Array([0, 1])),
    "the array at [0]: 256 -> 1",
  ],
  [
    "a complex number has two parts",
    npy("<c16", "1,", doubles(1, 2)),
    npy("<c16", "1,", doubles(1, 3)),
    "the array at [0]: 1 + i 2 -> 1 + i 3",
  ],
  [
    "text is text",
    npy("|S2", "1,", new Uint8Array([97, 0])),
    npy("|S2", "1,", new Uint8Array([98, 0])),
    'the array at [0]: "a" -> "b"',
  ],
  [
    "wide text is, too",
    npy("<U1", "1,", new Uint8Array([97, 0, 0, 0])),
    npy("<U1", "1,", new Uint8Array([98, 0, 0, 0])),
    'the array at [0]: "a" -> "b"',
  ],
  [
    "an array that is cut off is said",
    npy("<f8", "2,", doubles(1, 2)),
    npy("<f8", "2,", doubles(1)),
    "the array: one of the two ends before its shape says",
  ],
  [
    "pickled objects are told by their byte",
    npy("|O", "1,", doubles(1)),
    npy("|O", "1,", doubles(2)),
    "byte 66: 0xf0 -> 0x00 (by bytes, as its elements are no numbers or text)",
  ],
];
for (const [name, before, after, said] of arrays) {
  Deno.test(`compareOutputs() of npy: ${name}`, async () => {
    assert.equal((await compare("npy", before, after)).replace(/byte \d+/, "byte 66"), said);
  });
}

/** One member, stored or deflated. */
async function zip(name: string, content: Uint8Array, isDeflated: boolean): Promise<Uint8Array> {
  const stored = isDeflated
    ? new Uint8Array(
      await new Response(
        new Blob([content as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
          new CompressionStream("deflate-raw"),
        ),
      ).arrayBuffer(),
    )
    : content;
  const head = (signature: number, size: number, at: number) => {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, signature, true);
    view.setUint16(at + 4, isDeflated ? 8 : 0, true);
    view.setUint32(at + 14, stored.length, true);
    view.setUint32(at + 18, content.length, true);
    view.setUint16(at + 22, name.length, true);
    return bytes;
  };
  const text = new TextEncoder().encode(name);
  const local = concat(head(0x04034b50, 30, 4), text, stored);
  const directory = concat(head(0x02014b50, 46, 6), text);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint32(12, directory.length, true);
  view.setUint32(16, local.length, true);
  return concat(local, directory, end);
}

for (const isDeflated of [false, true]) {
  Deno.test(`compareOutputs() of npz: ${isDeflated ? "deflated" : "stored"} arrays are read`, async () => {
    const before = await zip("w.npy", npy("<f8", "2,", doubles(1, 2)), isDeflated);
    const after = await zip("w.npy", npy("<f8", "2,", doubles(1, 3)), isDeflated);
    assert.equal(await compare("npz", before, after), 'tensor "w" at [1]: 2 -> 3');
    const damaged = before.slice();
    damaged.fill(255, 36, 50);
    assert.match(await compare("npz", before, damaged), /^byte \d+.*by bytes/);
  });
}

Deno.test("compareOutputs() of npz: a wide end record that lies nowhere is none", async () => {
  const nowhere = new Uint8Array(100);
  const view = new DataView(nowhere.buffer);
  view.setUint32(40, 0x07064b50, true);
  view.setBigUint64(48, 2n ** 64n - 1n, true);
  view.setUint32(60, 0x06054b50, true);
  view.setUint32(76, 0xffffffff, true);
  assert.match(
    await compare("npz", nowhere, nowhere.toReversed()),
    /^byte \d+.*by bytes, as its end is cut off/,
  );
});
