/** Two connections made one. */

/**
 * Copies bytes both ways until both sides have ended, and closes both connections; never rejects.
 *
 * The forwarder runs the text of this function, so it may use nothing of this module.
 */
export async function splice(one: Deno.Conn, other: Deno.Conn): Promise<void> {
  const copy = async (from: Deno.Conn, to: Deno.Conn) => {
    const buffer = new Uint8Array(65536);
    try {
      for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
        for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
      }
      await to.closeWrite();
    } catch {
      // One side is gone: the other is told, and not waited for.
      for (const end of [from, to]) await end.closeWrite().catch(() => {});
    }
  };
  for (const connection of [one, other]) {
    // Else an answer in two parts would wait for the other side's next acknowledgement.
    if ("setNoDelay" in connection) (connection as Deno.TcpConn).setNoDelay();
  }
  await Promise.all([copy(one, other), copy(other, one)]);
  for (const connection of [one, other]) {
    try {
      connection.close();
    } catch {
      // Closed by whoever ends it all.
    }
  }
}
