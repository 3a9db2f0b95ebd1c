/** Does what a step produced have the kind it declared? */
import { join } from "node:path";
import type { Column, KindSpec } from "../core/kind.ts";
import { readYaml, yamlLimit } from "../core/read_yaml.ts";

/**
 * What is wrong with the output at `path` (a regular file or folder), as the end of a sentence; undefined if nothing.
 *
 * A csv or jsonl dataset is checked by its header and first rows, a parquet by its mark, a model by its MLmodel file.
 */
export async function findFlaw(path: string, kind: KindSpec, isFolder: boolean): Promise<string | undefined> {
  switch (kind.kind) {
    case "file":
      return undefined;
    case "model":
      return isFolder ? await findModelFlaw(path, kind.flavors) : "it is a file, not a model folder";
    case "dataset":
      if (isFolder) return `it is a folder, not a ${kind.format} file`;
      return findDatasetFlaw(path, kind);
  }
}

async function findModelFlaw(folder: string, flavors: readonly string[]): Promise<string | undefined> {
  const text = await Deno.readTextFile(join(folder, "MLmodel")).catch(() => undefined);
  if (text === undefined) return "it has no MLmodel file";
  const found = await readFlavors(text.length > yamlLimit ? flavorsPart(text) : text);
  if (found === undefined) return "its MLmodel file cannot be read";
  const missing = flavors.find((flavor) => !found.includes(flavor));
  return missing === undefined ? undefined : `its MLmodel has no flavor \`${missing}\` but ${listed(found)}`;
}

/** Of a long MLmodel, which a signature of many columns makes, the member that is looked at. */
function flavorsPart(text: string): string {
  const part = /^flavors:.*\n(?:[ \t].*\n|\n)*/m.exec(text)?.[0] ?? "";
  return part.length > yamlLimit ? "" : part;
}

async function readFlavors(text: string): Promise<string[] | undefined> {
  try {
    const model = await readYaml(text) as { flavors?: unknown } | null;
    const flavors = model?.flavors;
    return typeof flavors === "object" && flavors !== null ? Object.keys(flavors) : undefined;
  } catch {
    return undefined;
  }
}

/** What is there may be anything, of any length. */
function listed(names: readonly string[]): string {
  const text = names.join(", ");
  return text.length > 200 ? `${text.slice(0, 200)}…` : text || "none";
}

type Dataset = Extract<KindSpec, { kind: "dataset" }>;

/** How much of a table is looked at. */
const headBytes = 65536;

function findDatasetFlaw(path: string, kind: Dataset): string | undefined {
  const { bytes, isWhole } = readHead(path);
  if (kind.format === "parquet") {
    const mark = new TextDecoder().decode(bytes.subarray(0, 4));
    return mark === "PAR1" ? undefined : "it is not a parquet file";
  }
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, "");
  // A row that is cut off at the end of the head is not looked at.
  const whole = isWhole ? text : text.slice(0, text.lastIndexOf("\n") + 1);
  return kind.format === "csv" ? findCsvFlaw(whole, kind) : findJsonLinesFlaw(whole, kind);
}

function readHead(path: string): { bytes: Uint8Array; isWhole: boolean } {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(headBytes);
  let filled = 0;
  while (filled < headBytes) {
    const count = file.readSync(buffer.subarray(filled));
    if (count === null) return { bytes: buffer.subarray(0, filled), isWhole: true };
    filled += count;
  }
  return { bytes: buffer, isWhole: false };
}

function findCsvFlaw(text: string, kind: Dataset): string | undefined {
  const rows = readCsv(text, 21);
  const header = rows[0] ?? [];
  const missing = Object.keys(kind.columns).find((name) =>
    !header.includes(name) && !kind.columns[name]!.optional
  );
  if (missing !== undefined) return `it has no column \`${missing}\` but ${listed(header)}`;
  for (const row of rows.slice(1)) {
    for (const [name, column] of Object.entries(kind.columns)) {
      const at = header.indexOf(name);
      const cell = at < 0 ? undefined : row[at];
      if (cell !== undefined && !fitsCell(cell, column)) {
        return `its column \`${name}\` holds \`${cell.slice(0, 40)}\`, which is not ${describe(column)}`;
      }
    }
  }
  return undefined;
}

function findJsonLinesFlaw(text: string, kind: Dataset): string | undefined {
  for (const line of text.split("\n").filter((line) => line.trim() !== "").slice(0, 20)) {
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      return "it has a line that is not JSON";
    }
    if (typeof row !== "object" || row === null) return "it has a line that is not a JSON object";
    for (const [name, column] of Object.entries(kind.columns)) {
      const value = (row as Record<string, unknown>)[name];
      if (value === undefined || value === null) {
        if (!column.optional) return `it has a row without \`${name}\``;
      } else if (!fitsValue(value, column)) {
        return `its \`${name}\` holds a value that is not ${describe(column)}`;
      }
    }
  }
  return undefined;
}

/** Empty cells are missing values, as most writers of csv have it. */
function fitsCell(cell: string, column: Column): boolean {
  if (cell === "") return true;
  switch (column.type) {
    case "integer":
      return /^[+-]?\d+(\.0*)?$/.test(cell);
    case "number":
      return Number.isFinite(Number(cell)) || /^[+-]?(nan|inf|infinity)$/i.test(cell);
    case "boolean":
      return /^(true|false|0|1)$/i.test(cell);
    case "string":
      return column.choices === undefined || column.choices.includes(cell);
  }
}

function fitsValue(value: unknown, column: Column): boolean {
  switch (column.type) {
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string" && (column.choices === undefined || column.choices.includes(value));
  }
}

function describe(column: Column): string {
  if (column.choices !== undefined) return `one of ${column.choices.join(", ")}`;
  return column.type === "integer" ? "an integer" : `a ${column.type}`;
}

/** The first rows of RFC 4180 text: quoted cells may hold commas, line ends and doubled quotes. */
function readCsv(text: string, limit: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length && rows.length < limit; at++) {
    const character = text[at]!;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (character === '"' && cell === "") isQuoted = true;
    else if (character === ",") {
      row.push(cell);
      cell = "";
    } else if (character === "\n") {
      row.push(cell.endsWith("\r") ? cell.slice(0, -1) : cell);
      rows.push(row);
      [row, cell] = [[], ""];
    } else cell += character;
  }
  if (rows.length < limit && (cell !== "" || row.length > 0)) rows.push([...row, cell]);
  return rows;
}
