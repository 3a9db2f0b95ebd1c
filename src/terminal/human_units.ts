/** Times, sizes and numbers as people read them. */

/** `48 ms`, `1.2 s`, `3 m 04 s`, `2 h 05 m`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 999.5) return `${Math.round(whole)} ms`;
  if (whole < 59_950) return `${(whole / 1000).toFixed(1)} s`;
  const seconds = Math.round(whole / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** `12 B`, `3.4 kB`, `340 kB`, `1.2 GB`: powers of 1000. */
export function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A metric in a table: at most five significant digits; `NaN` and `Infinity` as they are. */
export function formatMetric(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value === 0 ? 0 : value);
  const rounded = Number(value.toPrecision(5));
  return String(rounded);
}

/** `2026-07-30 14:03:07` in the time zone of this machine. */
export function formatInstant(instant: number): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "?";
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

const two = (value: number) => String(value).padStart(2, "0");

const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** `30d`, `12h`, `90 m` in milliseconds; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,6})?) ?([smhdw])$/.exec(text);
  return found === null ? undefined : Math.round(Number(found[1]) * unitsMs[found[2]!]!);
}

/** Powers of 1000 as `formatSize` writes them, and of 1024. */
const unitsBytes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `50GB`, `1.5 TiB`, `300 kB` in bytes, in letters of either case; undefined when it is not one. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,6})?) ?([kmgt]?i?b)$/i.exec(text);
  const unit = unitsBytes[found?.[2]?.toLowerCase() ?? ""];
  return found === null || unit === undefined ? undefined : Math.round(Number(found[1]) * unit);
}
