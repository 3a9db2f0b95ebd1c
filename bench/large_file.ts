/** Large files that no compression and no hole makes smaller. */

const pieceBytes = 1 << 20;

export async function writeLargeFile(path: string, sizeBytes: number): Promise<void> {
  const piece = new Uint8Array(pieceBytes);
  for (let at = 0; at < pieceBytes; at += 65_536) crypto.getRandomValues(piece.subarray(at, at + 65_536));
  const view = new DataView(piece.buffer);
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let done = 0; done < sizeBytes;) {
    view.setFloat64(0, done);
    done += await file.write(piece.subarray(0, Math.min(pieceBytes, sizeBytes - done)));
  }
  await file.sync();
}
