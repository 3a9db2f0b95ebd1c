/** Channels of conda: their addresses, and whether they can be reached. */
import { join } from "node:path";
import { readYaml } from "../core/read_yaml.ts";
import { fileURLToPath } from "../core/file_url.ts";

/** What a user's own settings say; conda's when nothing does. */
interface ChannelSettings {
  readonly alias: string;
  /** What the name `defaults` stands for. */
  readonly defaults: readonly string[];
}

const condasOwn: ChannelSettings = {
  alias: "https://conda.anaconda.org",
  defaults: ["https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"],
};

/**
 * The addresses of channels that are named as in an environment file; without any, conda's defaults.
 *
 * `.condarc` (CONDARC, else that of the home folder) and CONDA_CHANNEL_ALIAS are heard for `channel_alias` and
 * `default_channels`. Source: conda's documentation, "Settings" and "Managing channels".
 */
export async function channelAddresses(
  names: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<string[]> {
  const settings = await readSettings(variables);
  const wanted = names.filter((name) => name !== "nodefaults");
  const all = (wanted.length === 0 ? ["defaults"] : wanted).flatMap((name) => {
    if (name === "defaults") return settings.defaults;
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) return name;
    return name.startsWith("/") ? `file://${name}` : `${settings.alias}/${name}`;
  });
  return [...new Set(all.map((address) => address.replace(/\/+$/, "")))];
}

async function readSettings(variables: Readonly<Record<string, string>>): Promise<ChannelSettings> {
  const path = variables["CONDARC"] ?? join(variables["HOME"] ?? "/", ".condarc");
  const found = await readCondarc(path);
  const alias = (variables["CONDA_CHANNEL_ALIAS"] ?? found.alias ?? condasOwn.alias).replace(/\/+$/, "");
  return { alias, defaults: found.defaults ?? condasOwn.defaults };
}

async function readCondarc(path: string): Promise<Partial<ChannelSettings>> {
  let value: unknown;
  try {
    value = await readYaml(await Deno.readTextFile(path));
  } catch {
    // It is conda's own file, and conda tells what is wrong with it.
    return {};
  }
  if (typeof value !== "object" || value === null) return {};
  const { channel_alias: alias, default_channels: defaults } = value as Record<string, unknown>;
  const isList = Array.isArray(defaults) && defaults.every((one) => typeof one === "string");
  return { ...(typeof alias === "string" ? { alias } : {}), ...(isList ? { defaults } : {}) };
}

/** Longer than this a user would not wait to hear that there is no network. */
const longestMs = 5000;

/** The first channel that does not answer; undefined when all do. What it answers does not matter. */
export async function findUnreachable(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const answers = await Promise.all(addresses.map(async (address) => await isReachable(address, signal)));
  signal.throwIfAborted();
  return addresses.find((_, index) => !answers[index]);
}

async function isReachable(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    if (address.startsWith("file:")) return (await Deno.stat(fileURLToPath(address))).isDirectory;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    const response = await fetch(`${address}/noarch/repodata.json`, { method: "HEAD", signal: limit });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}
