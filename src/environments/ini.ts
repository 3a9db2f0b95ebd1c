/** Configuration files as Python's `configparser` reads them: sections, `key = value`, indented continuations. */

/** By section, then by key in lower case. Lines that are none of it are passed over; the last of equal keys wins. */
export function readIni(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> | undefined;
  let key: string | undefined;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const [, name, value] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (header !== undefined) {
      section = sections[header] ??= {};
      key = undefined;
    } else if (/^\s/.test(line)) {
      if (section !== undefined && key !== undefined) section[key] = `${section[key]}\n${line.trim()}`.trim();
    } else if (section !== undefined && name !== undefined && value !== undefined) {
      key = name.toLowerCase();
      section[key] = value;
    }
  }
  return sections;
}
