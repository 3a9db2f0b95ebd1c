/** Reads numpy's `.npy` (format 1 to 3) and `.npz`, a zip of them. */
import { NoTensors, type Tensor, type TensorFile } from "./compare_tensors.ts";
import { openRegular, type Pieces, piecesOf } from "./read_pieces.ts";
import { type ElementType, numpyElement } from "./tensor_elements.ts";
import { openZip } from "./zip.ts";

const headerLimitBytes = 1 << 20;

/** Throws NoTensors. */
export async function openNpy(path: string): Promise<TensorFile> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const tensor = await readNpy("", () => Promise.resolve(piecesOf(file, 0, size)));
    return { tensors: [tensor], metadata: {}, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Throws NoTensors, also when one member of it is no array. */
export async function openNpz(path: string): Promise<TensorFile> {
  const file = await openRegular(path);
  try {
    const members = await openZip(file);
    const tensors: Tensor[] = [];
    for (const { name, open } of members) tensors.push(await readNpy(name.replace(/\.npy$/, ""), open));
    return { tensors, metadata: {}, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

interface Head {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly isColumnMajor: boolean;
}

async function readNpy(name: string, open: () => Promise<Pieces>): Promise<Tensor> {
  const pieces = await open();
  try {
    const head = await readHead(pieces);
    return {
      name,
      ...head,
      async open() {
        const again = await open();
        await readHead(again);
        return again;
      },
    };
  } finally {
    await pieces.close();
  }
}

/** Leaves `pieces` at the first element. */
async function readHead(pieces: Pieces): Promise<Head> {
  const start = await pieces.read(8);
  const isNumpy = start.length === 8 && start[0] === 0x93 &&
    new TextDecoder().decode(start.subarray(1, 6)) === "NUMPY";
  if (!isNumpy) throw new NoTensors("it is no array of numpy");
  const isWide = start[6]! > 1;
  const lengthBytes = await pieces.read(isWide ? 4 : 2);
  const view = new DataView(lengthBytes.buffer, lengthBytes.byteOffset, lengthBytes.byteLength);
  if (view.byteLength < (isWide ? 4 : 2)) throw new NoTensors("its header is cut off");
  const length = isWide ? view.getUint32(0, true) : view.getUint16(0, true);
  if (length > headerLimitBytes) throw new NoTensors("its header is too long");
  const text = new TextDecoder().decode(await pieces.read(length));
  const name = /'descr': '([^']{1,40})'/.exec(text)?.[1];
  const element = name === undefined ? undefined : numpyElement(name);
  const order = /'fortran_order': (True|False)/.exec(text)?.[1];
  const shape = /'shape': \(([\d, ]{0,600})\)/.exec(text)?.[1];
  if (element === undefined || order === undefined || shape === undefined) {
    throw new NoTensors("its elements are no numbers or text");
  }
  const sides = shape.split(",").map((side) => side.trim()).filter((side) => side !== "").map(Number);
  return { element, shape: sides, isColumnMajor: order === "True" };
}
