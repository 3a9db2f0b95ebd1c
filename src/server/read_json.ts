/** Reads a request's body as a JSON object, up to a size. */
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

async function readBytes(request: Request): Promise<Uint8Array> {
  const announced = Number(request.headers.get("content-length") ?? "0");
  if (request.body !== null && announced <= largestJsonBytes && announced > 0) {
    return new Uint8Array(await request.arrayBuffer());
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size <= largestJsonBytes) parts.push(part);
    else parts.length = 0;
    if (size > largestDrainBytes) break;
  }
  if (size > largestJsonBytes) throw new BodyTooLarge();
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}
