/**
 * pip's own settings, handed on to uv: a machine whose pip reaches its packages needs no second setup.
 *
 * Read as pip reads them: configuration files, global before user before PIP_CONFIG_FILE, section `[global]` before
 * `[install]`; then variables `PIP_…`, which win. See pip's documentation, "Configuration".
 */
import { isAbsolute, join, resolve } from "node:path";
import { readIni } from "./ini.ts";

type Variables = Readonly<Record<string, string>>;
/** By long option name, such as `extra-index-url`; values as written. */
export type PipSettings = Readonly<Record<string, string>>;

/** What pip would use; `readFile` gives the text of a file, or undefined when there is none. */
export function readPipSettings(
  variables: Variables,
  readFile: (path: string) => string | undefined = readTextIfThere,
): PipSettings {
  const settings: Record<string, string> = {};
  for (const path of configurationFiles(variables)) {
    const text = readFile(path);
    if (text === undefined) continue;
    const sections = readIni(text);
    for (const section of ["global", "install"]) {
      for (const [key, value] of Object.entries(sections[section] ?? {})) settings[optionName(key)] = value;
    }
  }
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith("PIP_") && name !== "PIP_CONFIG_FILE" && value !== "") {
      settings[optionName(name.slice("PIP_".length))] = value;
    }
  }
  return settings;
}

const optionName = (key: string) => key.toLowerCase().replaceAll("_", "-").replace(/^--/, "");

/** In the order of reading: later files win. */
function configurationFiles(variables: Variables): string[] {
  const chosen = variables["PIP_CONFIG_FILE"];
  if (chosen === "/dev/null") return [];
  const home = variables["HOME"];
  const shared = (variables["XDG_CONFIG_DIRS"] || "/etc/xdg").split(":").filter(isAbsolute);
  const files = [...shared.toReversed().map((folder) => join(folder, "pip", "pip.conf")), "/etc/pip.conf"];
  if (home !== undefined) {
    files.push(join(home, ".pip", "pip.conf"));
    if (Deno.build.os === "darwin") {
      files.push(join(home, "Library", "Application Support", "pip", "pip.conf"));
    }
  }
  const configuration = variables["XDG_CONFIG_HOME"] ||
    (home === undefined ? undefined : join(home, ".config"));
  if (configuration !== undefined) files.push(join(configuration, "pip", "pip.conf"));
  if (variables["VIRTUAL_ENV"]) files.push(join(variables["VIRTUAL_ENV"], "pip.conf"));
  if (chosen) files.push(chosen);
  return files;
}

function readTextIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** How uv is to be called so that it does as pip would. */
export interface UvSettings {
  /** Variables, so that a password in an address is not shown among the machine's processes. */
  readonly variables: Variables;
  /** Arguments of `uv pip compile` and `uv pip sync` for what has no variable. */
  readonly arguments: readonly string[];
}

/**
 * pip's settings in uv's words. Relative paths are relative to `folder`. What the caller's own variables say to uv
 * stands: a setting of pip is used only where uv was told nothing.
 */
export function uvSettings(settings: PipSettings, caller: Variables, folder: string): UvSettings {
  const variables: Record<string, string> = {};
  const set = (value: string | undefined, name: string, ...rivals: string[]) => {
    if (value && ![name, ...rivals].some((one) => caller[one])) variables[name] = value;
  };
  const list = (name: string) => (settings[name] ?? "").split(/\s+/).filter((word) => word !== "");
  const absolute = (path: string) => {
    const inHome = path.startsWith("~/") && caller["HOME"] !== undefined;
    return /^[a-z][a-z+]*:/i.test(path)
      ? path
      : inHome
      ? join(caller["HOME"]!, path.slice(2))
      : resolve(folder, path);
  };
  const certificate = settings["cert"];
  const extraIndexes = list("extra-index-url");
  set(settings["index-url"], "UV_DEFAULT_INDEX", "UV_INDEX_URL");
  set(extraIndexes.join(" "), "UV_INDEX", "UV_EXTRA_INDEX_URL");
  // pip takes the best version of all indexes; uv, left alone, stops at the first that has the package.
  if (extraIndexes.length > 0) set("unsafe-best-match", "UV_INDEX_STRATEGY");
  set(list("find-links").map(absolute).join(","), "UV_FIND_LINKS");
  set(list("trusted-host").join(" "), "UV_INSECURE_HOST");
  set(list("constraint").map(absolute).join(" "), "UV_CONSTRAINT");
  set(settings["timeout"] ?? settings["default-timeout"], "UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT");
  if (isTrue(settings["pre"])) set("allow", "UV_PRERELEASE");
  if (certificate) variables["SSL_CERT_FILE"] = absolute(certificate);
  if (settings["client-cert"]) variables["SSL_CLIENT_CERT"] = absolute(settings["client-cert"]);
  if (settings["proxy"]) variables["ALL_PROXY"] = settings["proxy"];
  const flags = isTrue(settings["no-index"]) && !caller["UV_NO_INDEX"] ? ["--no-index"] : [];
  for (const name of ["no-binary", "only-binary"]) {
    flags.push(...list(name).flatMap((value) => value.split(",")).flatMap((value) => [`--${name}`, value]));
  }
  return { variables, arguments: flags };
}

const isTrue = (value: string | undefined) => /^(1|y|yes|t|true|on)$/i.test(value ?? "");
