/** Configuration files as Python's `configparser` reads them: sections, `key = value`, indented continuations. */

/** By section, then by key in lower case. Lines that are none of it are passed over; the last of equal keys wins. */
export function readIni(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let value: string[] | undefined;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const sign = line.search(/[=:]/);
    if (header !== undefined) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      value = undefined;
    } else if (/^\s/.test(line)) value?.push(line.trim());
    else if (section !== undefined && sign > 0) {
      value = [line.slice(sign + 1).trim()];
      section.set(line.slice(0, sign).trim().toLowerCase(), value);
    }
  }
  return mapEntries(sections, (entries) => mapEntries(entries, (lines) => lines.join("\n").trim()));
}

const mapEntries = <T, U>(map: ReadonlyMap<string, T>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries([...map].map(([name, value]) => [name, change(value)]));
