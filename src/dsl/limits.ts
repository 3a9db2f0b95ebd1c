/** What a step may reach and how much it may take, lowered from what a user writes. */
import { resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { refuse } from "../core/error.ts";
import { type Limits, noLimits, noPermissions, type Permissions } from "../core/permissions.ts";
import type { StepDefinition } from "../core/pipeline.ts";
import type { Place } from "../core/place.ts";
import type { StepHead } from "./step_types.ts";

type Head = StepHead<unknown, unknown, unknown, string>;

/** Paths are resolved against the folder of `module`. Fails with STEP_INVALID. */
export function lowerPermissions(head: Head, module: string, at: Place): Permissions {
  const given = head.permissions;
  if (given === undefined) return noPermissions;
  const unknown = Object.keys(given).find((name) => !(name in noPermissions));
  if (unknown !== undefined) {
    invalid(`permission \`${unknown}\` as there are net, read, write, env and gpu`, at, "Name one of those");
  }
  const folder = fileURLToPath(new URL(".", module));
  return {
    net: typeof given.net === "object" ? hosts(given.net, at) : truth("net", given.net, at),
    read: texts("read", given.read, at).map((path) => resolve(folder, path)),
    write: texts("write", given.write, at).map((path) => resolve(folder, path)),
    env: texts("env", given.env, at),
    gpu: truth("gpu", given.gpu, at),
  };
}

function truth(name: string, given: unknown, at: Place): boolean {
  if (given === undefined || typeof given === "boolean") return given ?? false;
  return invalid(`permission \`${name}: ${given}\` as it is true or false`, at, `Such as \`${name}: true\``);
}

/** Names or addresses, each perhaps with a port: no patterns, no addresses of pages. */
function hosts(given: readonly string[], at: Place): readonly string[] {
  const list = texts("net", given, at);
  const wrong = list.find((host) =>
    !/^(\[[0-9a-fA-F:.]+\]|[^\s:/*@[\]]+)(:\d+)?$/.test(host) && !/^[0-9a-fA-F:]+$/.test(host)
  );
  if (wrong === undefined) return list;
  return invalid(
    `permission \`net: ["${wrong}"]\` as it names hosts`,
    at,
    'Such as `net: ["example.com"]` or `["localhost:8080"]`',
  );
}

function texts(name: string, given: readonly string[] | undefined, at: Place): readonly string[] {
  const list: unknown = given ?? [];
  if (Array.isArray(list) && list.every((item) => typeof item === "string" && item !== "")) return list;
  return invalid(`permission \`${name}\` as it is a list of texts`, at, `Such as \`${name}: ["data"]\``);
}

/** Fails with STEP_INVALID. */
export function lowerLimits(head: Head, at: Place): Limits {
  const { retries = noLimits.retries, cores = noLimits.cores } = head;
  if (!Number.isInteger(retries) || retries < 0) {
    invalid(`\`retries: ${retries}\` as it is a whole number from 0`, at, "Such as `retries: 2`");
  }
  if (!Number.isInteger(cores) || cores < 1) {
    invalid(`\`cores: ${cores}\` as it is a whole number from 1`, at, "Such as `cores: 4`");
  }
  return {
    retries,
    cores,
    ...(head.timeout === undefined ? {} : { timeoutMs: readDuration("timeout", head.timeout, at) }),
    ...(head.cpuTime === undefined ? {} : { cpuTimeMs: readDuration("cpuTime", head.cpuTime, at) }),
    ...(head.memory === undefined ? {} : { memoryBytes: readMemory(head.memory, at) }),
  };
}

/** How far it is to be held, and whether what it makes may be taken again. Fails with STEP_INVALID. */
export function lowerTrust(head: Head, at: Place): Pick<StepDefinition, "sandbox" | "cache"> {
  const { sandbox, cache } = head;
  if (sandbox !== undefined && sandbox !== "full") {
    invalid(`\`sandbox: ${sandbox}\` as there is only \`"full"\``, at, "Leave it out for the best there is");
  }
  if (cache !== undefined && typeof cache !== "boolean") {
    invalid(`\`cache: ${cache}\` as it is true or false`, at, "Such as `cache: false`");
  }
  return { ...(sandbox === undefined ? {} : { sandbox }), ...(cache === undefined ? {} : { cache }) };
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const bytes: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

function readDuration(name: string, text: string, at: Place): number {
  return readAmount(text, milliseconds) ??
    invalid(`\`${name}: ${text}\` as it is a length of time`, at, 'Such as `"30s"`, `"10m"` or `"2h"`');
}

function readMemory(text: string, at: Place): number {
  return readAmount(text, bytes) ??
    invalid(`\`memory: ${text}\` as it is an amount of memory`, at, 'Such as `"512MB"` or `"2GB"`');
}

function readAmount(text: unknown, units: Readonly<Record<string, number>>): number | undefined {
  const found = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(String(text));
  const unit = units[found?.[2] ?? ""];
  const amount = unit === undefined ? 0 : Math.round(Number(found![1]) * unit);
  return amount > 0 && Number.isSafeInteger(amount) ? amount : undefined;
}

function invalid(what: string, at: Place, hint: string): never {
  return refuse({ code: "STEP_INVALID", message: `Cannot define a step with ${what}`, at, hint });
}
