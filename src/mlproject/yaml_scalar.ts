/**
 * Scalars as PyYAML resolves them: its patterns, from `yaml/resolver.py`, and Python's `str()` of what they stand for.
 * YAML's own later rules differ: `1e3` and `0o7` are texts here, `on` is true, `010` is eight.
 */
import type { YamlScalar } from "./yaml_value.ts";

export type Resolved = Pick<YamlScalar, "is" | "text">;

const truths = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const falsehoods = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const nulls = /^(?:~|null|Null|NULL|)$/;
const integer =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const time =
  /^([0-9]{4})-([0-9][0-9]?)-([0-9][0-9]?)(?:[Tt]|[ \t]+)([0-9][0-9]?):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(?:Z|([-+])([0-9][0-9]?)(?::([0-9]{2}))?))?$/;

/**
 * A scalar without quotes and without a tag. Undefined for a date that the calendar has not, for a number without digits
 * (`0x_`), and for `=` and `<<`.
 */
export function resolvePlain(source: string): Resolved | undefined {
  if (source === "=" || source === "<<") return undefined;
  if (nulls.test(source)) return { is: "null", text: "None" };
  if (truths.test(source)) return { is: "boolean", text: "True" };
  if (falsehoods.test(source)) return { is: "boolean", text: "False" };
  // What has no digits is none to Python, either.
  if (/^[-+]?0[bx]_+$/.test(source)) return undefined;
  if (integer.test(source)) return { is: "integer", text: String(readInteger(source)) };
  if (float.test(source)) return { is: "float", text: floatText(readFloat(source)) };
  if (date.test(source) || time.test(source)) return readTime(source);
  return { is: "text", text: source };
}

/** The same by the rules of YAML 1.2, which dvc's files are written in: `yes` is a text, `1e3` a number, `010` ten. */
export function resolveCore(source: string): Resolved {
  if (nulls.test(source)) return { is: "null", text: "None" };
  if (/^(?:true|True|TRUE)$/.test(source)) return { is: "boolean", text: "True" };
  if (/^(?:false|False|FALSE)$/.test(source)) return { is: "boolean", text: "False" };
  if (/^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(source)) {
    return { is: "integer", text: String(BigInt(source.replace(/^\+/, ""))) };
  }
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(source)) {
    return { is: "float", text: floatText(Number(source)) };
  }
  return { is: "text", text: source };
}

/** A scalar with one of YAML's own tags; undefined for another tag, and for what is no value of it. */
export function resolveTagged(tag: string, source: string): Resolved | undefined {
  const name = /^tag:yaml\.org,2002:(\w+)$/.exec(tag)?.[1];
  if (name === "str") return { is: "text", text: source };
  const resolved = resolvePlain(source);
  const kind =
    { int: "integer", float: "float", bool: "boolean", null: "null", timestamp: "time" }[name ?? ""];
  if (name === "float" && resolved?.is === "integer") {
    return { is: "float", text: floatText(Number(readInteger(source))) };
  }
  return kind !== undefined && resolved?.is === kind ? resolved : undefined;
}

function readInteger(source: string): bigint {
  const digits = source.replaceAll("_", "");
  const isNegative = digits.startsWith("-");
  const size = readSize(digits.replace(/^[-+]/, ""));
  return isNegative ? -size : size;
}

function readSize(digits: string): bigint {
  if (digits.includes(":")) return digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  if (/^0[bx]/.test(digits)) return BigInt(digits);
  return digits.length > 1 && digits.startsWith("0") ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
}

function readFloat(source: string): number {
  const digits = source.replaceAll("_", "").toLowerCase();
  const sign = digits.startsWith("-") ? -1 : 1;
  const size = digits.replace(/^[-+]/, "");
  if (size === ".inf") return sign * Infinity;
  if (size === ".nan") return NaN;
  if (!size.includes(":")) return sign * Number(size);
  // From the last part on, as PyYAML adds them: sums of floats depend on their order.
  return sign * size.split(":").reduceRight(
    ({ sum, base }, part) => ({ sum: sum + Number(part) * base, base: base * 60 }),
    { sum: 0, base: 1 },
  ).sum;
}

/** As Python's `repr()` of a float. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** `str()` of a `datetime.date` or `datetime.datetime`. */
function readTime(source: string): Resolved | undefined {
  if (date.test(source)) {
    const [year, month, day] = source.split("-").map(Number) as [number, number, number];
    return isDay(year, month, day) ? { is: "time", text: source } : undefined;
  }
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHours, offsetMinutes] = time.exec(
    source,
  )!;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const two = (digits: string) => digits.padStart(2, "0");
  const micro = (fraction ?? "").slice(0, 6).padEnd(6, "0");
  const zone = sign !== undefined
    ? `${sign}${two(offsetHours!)}:${offsetMinutes ?? "00"}`
    : /[Zz]$/.test(source)
    ? "+00:00"
    : "";
  const fractionText = micro === "000000" ? "" : `.${micro}`;
  return {
    is: "time",
    text: `${year}-${two(month!)}-${two(day!)} ${two(hour!)}:${minute}:${second}${fractionText}${zone}`,
  };
}

function isDay(year: number, month: number, day: number): boolean {
  const at = new Date(Date.UTC(2000, 0, 1));
  at.setUTCFullYear(year, month - 1, day);
  return year > 0 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day && month >= 1 && month <= 12;
}
