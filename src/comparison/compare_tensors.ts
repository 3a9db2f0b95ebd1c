/** Files that hold tensors, by name, element type, shape and elements. */
import { firstMismatch } from "./compare_bytes.ts";
import { type Closeness, closenessText } from "./closeness.ts";
import { type ByValue, type Found, quote } from "./comparison.ts";
import { show } from "./compare_values.ts";
import { pieceBytes, type Pieces } from "./read_pieces.ts";
import type { ElementType } from "./tensor_elements.ts";

export interface Tensor {
  /** Empty for the only one of a file. */
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Whether the first index moves fastest. */
  readonly isColumnMajor: boolean;
  /** Its elements, without what comes before and after. */
  open(): Promise<Pieces>;
}

/** What a file holds; `close` ends what was opened. */
export interface TensorFile {
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
  close(): void;
}

/** A file that is not of its format, or of a kind that is not read. */
export class NoTensors extends Error {
  override readonly name = "NoTensors";
}

/** Opens both by `open`, which throws NoTensors. */
export async function compareTensorFiles(
  before: string,
  after: string,
  closeness: Closeness,
  open: (path: string) => Promise<TensorFile>,
): Promise<ByValue> {
  let one: TensorFile | undefined;
  let other: TensorFile | undefined;
  try {
    [one, other] = [await open(before), await open(after)];
    const found = await findTensorDifference(one, other, closeness);
    if (found !== undefined) return { is: "different", found };
    return { is: "same", allowed: closenessText(closeness) };
  } catch (error) {
    if (error instanceof NoTensors) return { is: "unreadable", because: error.message };
    throw error;
  } finally {
    one?.close();
    other?.close();
  }
}

async function findTensorDifference(
  before: TensorFile,
  after: TensorFile,
  closeness: Closeness,
): Promise<Found | undefined> {
  const others = new Map(after.tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of before.tensors) {
    const other = others.get(tensor.name);
    if (other === undefined) return { at: tensorText(tensor), before: describe(tensor), note: "it is gone" };
    others.delete(tensor.name);
    const found = headDifference(tensor, other) ?? await elementDifference(tensor, other, closeness);
    if (found !== undefined) return found;
  }
  for (const tensor of others.values()) {
    return { at: tensorText(tensor), after: describe(tensor), note: "it is new" };
  }
  const keys = [...new Set([...Object.keys(before.metadata), ...Object.keys(after.metadata)])].sort();
  const key = keys.find((key) => before.metadata[key] !== after.metadata[key]);
  if (key === undefined) return undefined;
  return {
    at: `metadata ${quote(key)}`,
    before: show(before.metadata[key]),
    after: show(after.metadata[key]),
  };
}

const tensorText = ({ name }: Tensor): string => name === "" ? "the array" : `tensor ${quote(name)}`;
const describe = ({ element, shape }: Tensor): string => `${element.name}${shapeText(shape)}`;
const shapeText = (shape: readonly number[]): string => `[${shape.slice(0, 16).join(", ")}]`;

function headDifference(before: Tensor, after: Tensor): Found | undefined {
  const at = tensorText(before);
  if (before.element.name !== after.element.name) {
    return { at: `${at}, element type`, before: before.element.name, after: after.element.name };
  }
  if (shapeText(before.shape) !== shapeText(after.shape)) {
    return { at: `${at}, shape`, before: shapeText(before.shape), after: shapeText(after.shape) };
  }
  if (before.isColumnMajor === after.isColumnMajor) return undefined;
  const order = ({ isColumnMajor }: Tensor) => isColumnMajor ? "by column" : "by row";
  return { at: `${at}, order of elements`, before: order(before), after: order(after) };
}

async function elementDifference(
  before: Tensor,
  after: Tensor,
  closeness: Closeness,
): Promise<Found | undefined> {
  const width = before.element.widthBytes;
  const count = width > pieceBytes ? width : pieceBytes - pieceBytes % width;
  const [one, other] = [await before.open(), await after.open()];
  try {
    for (let done = 0;; done += count / width) {
      const [left, right] = [await one.read(count), await other.read(count)];
      const found = pieceDifference(before, left, right, done, closeness);
      if (found !== undefined) return found;
      if (left.length !== right.length) {
        return { at: tensorText(before), note: "one of the two ends before its shape says" };
      }
      if (left.length < count) return undefined;
    }
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

/** `done` elements came before. */
function pieceDifference(
  tensor: Tensor,
  left: Uint8Array,
  right: Uint8Array,
  done: number,
  closeness: Closeness,
): Found | undefined {
  const { element } = tensor;
  const width = element.widthBytes;
  const mismatch = firstMismatch(left, right);
  if (mismatch === undefined) return undefined;
  const shared = Math.min(left.length, right.length);
  const [one, other] = [viewOf(left), viewOf(right)];
  for (let at = mismatch - mismatch % width; at + width <= shared; at += width) {
    if (isSameElement(tensor, one, other, at, () => tensorText(tensor), closeness)) continue;
    const index = indexText(done + at / width, tensor);
    return {
      at: `${tensorText(tensor)}${index === "" ? "" : ` at ${index}`}`,
      before: showElement(element, left, at),
      after: showElement(element, right, at),
    };
  }
  const tail = shared - shared % width;
  if (firstMismatch(left.subarray(tail, shared), right.subarray(tail, shared)) === undefined) {
    return undefined;
  }
  return { at: tensorText(tensor), note: "what follows its last element differs" };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Of numbers by value, so that -0 is 0 and each NaN is NaN; of all else by bytes. */
function isSameElement(
  { element }: Tensor,
  one: DataView,
  other: DataView,
  offset: number,
  at: () => string,
  closeness: Closeness,
): boolean {
  if (element.read === undefined) {
    for (let byte = offset; byte < offset + element.widthBytes; byte++) {
      if (one.getUint8(byte) !== other.getUint8(byte)) return false;
    }
    return true;
  }
  const others = element.read(other, offset);
  return element.read(one, offset).every((number, part) =>
    isSameNumber(number, others[part]!, at, closeness)
  );
}

function isSameNumber(
  a: number | bigint,
  b: number | bigint,
  at: () => string,
  closeness: Closeness,
): boolean {
  if (a === b) return true;
  if (typeof a === "bigint" && closeness.tolerance === undefined) return false;
  return closeness.isSame(Number(a), Number(b), at);
}

function showElement(element: ElementType, bytes: Uint8Array, at: number): string {
  if (element.read !== undefined) return element.read(viewOf(bytes), at).map(show).join(" + i ");
  return element.text!(bytes.subarray(at, at + element.widthBytes));
}

/** `[2, 0]`; empty for a tensor of one element. */
function indexText(position: number, { shape, isColumnMajor }: Tensor): string {
  if (shape.length === 0) return "";
  const sizes = isColumnMajor ? shape : shape.toReversed();
  const indices: number[] = [];
  let rest = position;
  for (const size of sizes) {
    indices.push(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${(isColumnMajor ? indices : indices.reverse()).slice(0, 16).join(", ")}]`;
}
