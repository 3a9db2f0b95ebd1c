/** Reads safetensors files: 8 bytes with the length of a JSON header, the header, the elements. */
import { z } from "zod";
import { lazySchema } from "../core/lazy_schema.ts";
import { NoTensors, type Tensor, type TensorFile } from "./compare_tensors.ts";
import { openRegular, piecesOf, readAt } from "./read_pieces.ts";
import { safetensorsElement } from "./tensor_elements.ts";

/** The format itself allows 100 MB. */
const headerLimitBytes = 1 << 25;

const count = () => z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Header = lazySchema(() =>
  z.record(
    z.string(),
    z.union([
      z.object({
        dtype: z.string().max(32),
        shape: z.array(count()).max(64),
        data_offsets: z.tuple([count(), count()]),
      }),
      z.record(z.string(), z.string()),
    ]),
  )
);

/** Throws NoTensors. */
export async function openSafetensors(path: string): Promise<TensorFile> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const start = await readAt(file, 0, 8);
    if (start.length < 8) throw new NoTensors("it is too short for safetensors");
    const length = Number(new DataView(start.buffer).getBigUint64(0, true));
    if (length > headerLimitBytes || 8 + length > size) throw new NoTensors("its header does not fit in it");
    const header = readHeader(await readAt(file, 8, length));
    const tensors: Tensor[] = [];
    for (const [name, entry] of Object.entries(header)) {
      if (name === "__metadata__" || !isTensor(entry)) continue;
      tensors.push(readEntry(name, entry, file, 8 + length, size));
    }
    const own = header["__metadata__"];
    const metadata = own === undefined || isTensor(own) ? {} : own;
    return { tensors: tensors.sort((a, b) => a.name < b.name ? -1 : 1), metadata, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

type Entry = z.infer<typeof Header>[string];
type TensorEntry = Extract<Entry, { data_offsets: unknown }>;
const isTensor = (entry: Entry): entry is TensorEntry => Array.isArray(entry["data_offsets"]);

function readHeader(bytes: Uint8Array): z.infer<typeof Header> {
  try {
    return Header.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    throw new NoTensors("its header is none of safetensors");
  }
}

function readEntry(
  name: string,
  { dtype, shape, data_offsets: [start, end] }: TensorEntry,
  file: Deno.FsFile,
  base: number,
  size: number,
): Tensor {
  const element = safetensorsElement(dtype);
  if (element === undefined) throw new NoTensors(`the element type ${dtype} is not known`);
  const length = shape.reduce((product, side) => product * side, element.widthBytes);
  if (end - start !== length || base + end > size) throw new NoTensors(`tensor ${name} lies outside of it`);
  return {
    name,
    element,
    shape,
    isColumnMajor: false,
    open: () => Promise.resolve(piecesOf(file, base + start, base + end)),
  };
}
