/** Configuration files as Python's `configparser` reads them: sections, `key = value`, indented continuations. */

/** By section, then by key in lower case. Lines that are none of it are passed over; the last of equal keys wins. */
export function readIni(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let key: string | undefined;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const sign = line.search(/[=:]/);
    if (header !== undefined) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      key = undefined;
    } else if (/^\s/.test(line)) {
      if (section !== undefined && key !== undefined) {
        section.set(key, `${section.get(key)}\n${line.trim()}`.trim());
      }
    } else if (section !== undefined && sign > 0) {
      key = line.slice(0, sign).trim().toLowerCase();
      section.set(key, line.slice(sign + 1).trim());
    }
  }
  return Object.fromEntries([...sections].map(([name, entries]) => [name, Object.fromEntries(entries)]));
}
