/** A request's body: a JSON object, up to a size, or a stream. */
import { TrackingError } from "../core/tracking.ts";

/** The largest JSON body; artifacts are streamed and not counted. */
export const largestJsonBytes = 16 * 1024 * 1024;

/** How much of a body that is too large is read and dropped, so that its sender gets to see the answer. */
const largestDrainBytes = 256 * 1024 * 1024;

/** A body that is too large; answered as 413. */
export class BodyTooLarge extends Error {}

/** An absent body is an empty object. Throws INVALID_PARAMETER_VALUE and `BodyTooLarge`. */
export async function readJsonObject(request: Request): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await readBytes(request));
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TrackingError("INVALID_PARAMETER_VALUE", "Cannot read the request's body as it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TrackingError(
      "INVALID_PARAMETER_VALUE",
      "Cannot read the request's body as it is not a JSON object",
    );
  }
  return value as Record<string, unknown>;
}

/** The body as it comes; it ends with BAD_REQUEST where its sender left before its end. */
export async function* readParts(request: Request): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    if (request.body !== null) yield* request.body;
  } catch {
    throw new TrackingError("BAD_REQUEST", "The request's body was not sent whole");
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of readParts(request)) {
    size += part.length;
    if (size <= largestJsonBytes) parts.push(part);
    else parts.length = 0;
    if (size > largestDrainBytes) break;
  }
  if (size > largestJsonBytes) throw new BodyTooLarge();
  return parts.length === 1 ? parts[0]! : new Uint8Array(await new Blob(parts).arrayBuffer());
}
