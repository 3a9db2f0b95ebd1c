/** The path of a request, taken as it was sent: a URL parser would resolve `..` before anyone could refuse it. */
import { TrackingError } from "../core/tracking.ts";

/** Decoded segments of a request's path. Throws INVALID_PARAMETER_VALUE where the encoding is broken. */
export function requestSegments(url: string): readonly string[] {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const path = (start < 0 ? "" : url.slice(start)).split(/[?#]/, 1)[0] ?? "";
  try {
    return path.split("/").filter((part) => part !== "").map(decodeURIComponent);
  } catch {
    throw new TrackingError("INVALID_PARAMETER_VALUE", "Invalid path: its encoding is broken");
  }
}

/** Throws INVALID_PARAMETER_VALUE where a segment, however often it is encoded, would lead elsewhere. */
export function requireSafeSegments(segments: readonly string[]): void {
  for (const segment of segments) {
    if (decodings(segment).some(isUnsafe)) {
      throw new TrackingError("INVALID_PARAMETER_VALUE", "Invalid path");
    }
  }
}

// deno-lint-ignore no-control-regex
const isUnsafe = (name: string): boolean => name === "." || name === ".." || /[/\\\u0000-\u001f]/.test(name);

/** What is encoded more often than this is no name of a file. */
const mostDecodings = 10;

function decodings(segment: string): readonly string[] {
  const found = [segment];
  for (let last = segment; found.length <= mostDecodings;) {
    let next: string;
    try {
      next = decodeURIComponent(last);
    } catch {
      return found;
    }
    if (next === last) return found;
    found.push(next);
    last = next;
  }
  throw new TrackingError("INVALID_PARAMETER_VALUE", "Invalid path");
}
