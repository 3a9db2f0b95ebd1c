/** Reads the pipe that a process prints to, whenever there is something in it. */
import type { Reading } from "./child.ts";
import type { Natives } from "./native_library.ts";

/** What a pipe holds at most by default. */
const pieceBytes = 1 << 16;
/** So many pieces are taken at once before others have their turn. */
const mostPieces = 8;

/** One for all pipes, as a piece is taken before the next is read, and others for those that are still being taken. */
let buffer = new Uint8Array(pieceBytes);
const spare: Uint8Array<ArrayBuffer>[] = [];
const mostSpare = 8;

/** As `Child.read`; closes the descriptor at the end. */
export function readPipe(
  descriptor: number,
  take: (piece: Uint8Array) => void | Promise<void>,
  { library, readiness }: Natives,
): Reading {
  const over = Promise.withResolvers<void>();
  let isOver = false;
  const finish = (failure?: { readonly error: unknown }) => {
    if (isOver) return;
    isOver = true;
    readiness.forget(descriptor);
    library.close(descriptor);
    if (failure === undefined) over.resolve();
    else over.reject(failure.error);
  };
  /** False when there is no more for now. */
  const takePiece = (): boolean => {
    const count = Number(library.read(descriptor, buffer, BigInt(buffer.length)));
    if (count === 0) finish();
    if (count <= 0) return false;
    const taking = take(buffer.subarray(0, count));
    if (taking === undefined) return true;
    const taken = buffer;
    buffer = spare.pop() ?? new Uint8Array(pieceBytes);
    readiness.forget(descriptor);
    taking.then(() => {
      if (spare.length < mostSpare) spare.push(taken);
      if (!isOver) readiness.watch(descriptor, onReadable);
    }).catch((error) => finish({ error }));
    return false;
  };
  const onReadable = () => {
    try {
      for (let pieces = 0; pieces < mostPieces && takePiece(); pieces++);
    } catch (error) {
      finish({ error });
    }
  };
  readiness.watch(descriptor, onReadable);
  return { ended: over.promise, stop: () => finish() };
}
