/** Element types of tensors: how wide they are, and how one is read. */

export interface ElementType {
  /** As its format spells it. */
  readonly name: string;
  readonly widthBytes: number;
  /** The number, or numbers of a complex one, at `offset`; undefined for what is told by its bytes. */
  readonly read?: (view: DataView, offset: number) => readonly (number | bigint)[];
  /** What is shown of one that has no number. */
  readonly text?: (bytes: Uint8Array) => string;
}

type Read = (view: DataView, offset: number) => number | bigint;

/** `isLittle` as `DataView` has it. */
function numberReads(isLittle: boolean): Readonly<Record<string, readonly [widthBytes: number, Read]>> {
  return {
    f8: [8, (view, at) => view.getFloat64(at, isLittle)],
    f4: [4, (view, at) => view.getFloat32(at, isLittle)],
    f2: [2, (view, at) => halfPrecision(view.getUint16(at, isLittle))],
    bf2: [2, (view, at) => brainPrecision(view.getUint16(at, isLittle))],
    i8: [8, (view, at) => view.getBigInt64(at, isLittle)],
    i4: [4, (view, at) => view.getInt32(at, isLittle)],
    i2: [2, (view, at) => view.getInt16(at, isLittle)],
    i1: [1, (view, at) => view.getInt8(at)],
    u8: [8, (view, at) => view.getBigUint64(at, isLittle)],
    u4: [4, (view, at) => view.getUint32(at, isLittle)],
    u2: [2, (view, at) => view.getUint16(at, isLittle)],
    u1: [1, (view, at) => view.getUint8(at)],
    b1: [1, (view, at) => view.getUint8(at)],
  };
}

function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a single. */
function brainPrecision(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

const littleEndian = numberReads(true);
const bigEndian = numberReads(false);

const safetensorsNames: Readonly<Record<string, string>> = {
  F64: "f8",
  F32: "f4",
  F16: "f2",
  BF16: "bf2",
  I64: "i8",
  I32: "i4",
  I16: "i2",
  I8: "i1",
  U64: "u8",
  U32: "u4",
  U16: "u2",
  U8: "u1",
  BOOL: "b1",
};

/** Of a `dtype` of safetensors; undefined for one that is not known, such as those of less than a byte. */
export function safetensorsElement(name: string): ElementType | undefined {
  if (/^F8_\w+$/.test(name)) return { name, widthBytes: 1, text: hexadecimal };
  const own = Object.hasOwn(safetensorsNames, name) ? littleEndian[safetensorsNames[name]!] : undefined;
  return own === undefined ? undefined : oneNumber(name, own);
}

/** Of numpy's `descr`, such as `<f8`; undefined for objects, records and what has no bytes. */
export function numpyElement(name: string): ElementType | undefined {
  const match = /^([<>|=])([fiubcSUVmM])(\d{1,6})(?:\[\w+\])?$/.exec(name);
  if (match === null) return undefined;
  const [, order, kind, width] = match;
  const reads = order === ">" ? bigEndian : littleEndian;
  const size = Number(width);
  if (size === 0) return undefined;
  if (kind === "c" && (size === 8 || size === 16)) {
    const [half, read] = reads[`f${size / 2}`]!;
    return { name, widthBytes: size, read: (view, at) => [read(view, at), read(view, at + half)] };
  }
  if (kind === "m" || kind === "M") return size === 8 ? oneNumber(name, reads["i8"]!) : undefined;
  if (kind === "S") return { name, widthBytes: size, text: byteText };
  if (kind === "U") return { name, widthBytes: size * 4, text: (bytes) => wideText(bytes, order === ">") };
  if (kind === "V") return { name, widthBytes: size, text: hexadecimal };
  const own = reads[`${kind}${size}`];
  // Such as `f16`, which no JavaScript number holds.
  return own === undefined ? { name, widthBytes: size, text: hexadecimal } : oneNumber(name, own);
}

const oneNumber = (name: string, [widthBytes, read]: readonly [number, Read]): ElementType => ({
  name,
  widthBytes,
  read: (view, at) => [read(view, at)],
});

const hexadecimal = (bytes: Uint8Array): string => `0x${bytes.subarray(0, 32).toHex()}`;
const byteText = (bytes: Uint8Array): string =>
  JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 60)).replace(/\0+$/, ""));

function wideText(bytes: Uint8Array, isBig: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at + 4 <= bytes.length && text.length < 60; at += 4) {
    const code = view.getUint32(at, !isBig);
    if (code === 0) break;
    text += code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  }
  return JSON.stringify(text);
}
