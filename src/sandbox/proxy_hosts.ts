/** Which hosts a step with `net: ["host"]` may reach: a function of names, as they are written. */
import { refuse } from "../core/error.ts";

/** As a URL has it: lower case, no port, addresses in their shortest form, IPv6 without brackets. */
export interface Authority {
  readonly host: string;
  readonly port: number | undefined;
}

/** A rule that holds of what `hosts` (`host` with any port, or `host:port`) let through. Throws STEP_NOT_STARTED. */
export function allowHosts(hosts: readonly string[]): (host: string, port: number) => boolean {
  const rules = hosts.map((text) => {
    const rule = readAuthority(text);
    if (rule === undefined || rule.host.includes("*")) {
      refuse({
        code: "STEP_NOT_STARTED",
        message: `Cannot grant a step the host \`${text}\` as it is no name or address of a host`,
        hint: "Name whole hosts in `net`, each as `api.example.com` or `api.example.com:443`",
      });
    }
    return rule;
  });
  return (host, port) =>
    rules.some((rule) => rule.host === host && (rule.port === undefined || rule.port === port));
}

/** A name of 253 characters, its last dot and a port fit. */
const longestAuthority = 300;

/** Undefined for what is no `host`, `host:port`, `[IPv6]:port` or IPv6 address. */
export function readAuthority(text: string): Authority | undefined {
  if (text.length > longestAuthority) return undefined;
  const bare = /^[0-9a-f:.]*:[0-9a-f.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text;
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]?#\\%]+)(?::(\d{1,5}))?$/i.exec(bare);
  if (match === null) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port < 1 || port > 65535)) return undefined;
  try {
    // The URL parser knows every way to write an address; what it makes of it is compared, and dialled.
    const host = new URL(`http://${match[1]}/`).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    return host === "" || host.includes("..") || host.endsWith(".") ? undefined : { host, port };
  } catch {
    return undefined;
  }
}
