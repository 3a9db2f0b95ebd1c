/** In what a lock is not that of the pipeline as it stands, as data and as lines. */
import { basename } from "node:path";
import type { EnvironmentSpec } from "../core/environment.ts";
import { listNames } from "../core/suggest.ts";
import type { EnvironmentChange } from "../environments/environments.ts";

/** A given file or a module; `from` is absent for what is new, `to` for what is gone. */
export interface ContentDifference {
  readonly is: "file" | "module";
  readonly path: string;
  readonly from?: string;
  readonly to?: string;
}

export type LockDifference =
  /** No entry of the lock is what these steps ask for on this platform. */
  | { readonly is: "missing"; readonly environment: string; readonly steps: readonly string[] }
  | (EnvironmentChange & { readonly steps: readonly string[] })
  | ContentDifference;

export interface Contents {
  readonly files: Readonly<Record<string, string>>;
  readonly modules: Readonly<Record<string, string>>;
}

/** Files first, each kind sorted by path. */
export function compareContents(from: Contents, to: Contents): ContentDifference[] {
  return [...compare("file", from.files, to.files), ...compare("module", from.modules, to.modules)];
}

function compare(
  is: ContentDifference["is"],
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): ContentDifference[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    .filter((path) => from[path] !== to[path])
    .map((path) => ({
      ...{ is, path },
      ...(from[path] === undefined ? {} : { from: from[path] }),
      ...(to[path] === undefined ? {} : { to: to[path] }),
    }));
}

/** `python 3.11: numpy>=2, pandas`, `python: requirements.txt`. */
export function describeEnvironment(spec: EnvironmentSpec): string {
  if (spec.kind === "conda") {
    const asked = spec.file === undefined
      ? listed([...spec.packages, ...spec.pip])
      : `\`${basename(spec.file)}\``;
    return `conda with ${asked}`;
  }
  if (spec.kind === "docker") {
    return spec.image.is === "named"
      ? `image ${spec.image.name}`
      : `the image of \`${basename(spec.image.folder)}\``;
  }
  if (spec.kind !== "python") return spec.kind;
  const { requirements, version } = spec;
  const asked = requirements.from === "list"
    ? listed(requirements.requirements)
    : `the requirements of \`${requirements.path.split("/").slice(-1)}\``;
  return `${spec.kind}${version === undefined ? "" : ` ${version}`} with ${asked}`;
}

const listed = (names: readonly string[]) => names.length === 0 ? "no packages" : listNames(names);

/** One line, and one for each package that moved. */
export function differenceLines(difference: LockDifference): string[] {
  switch (difference.is) {
    case "missing":
      return [`environment of ${stepsOf(difference)}: no entry for ${difference.environment}`];
    case "environment": {
      const { what, entry, packages, steps } = difference;
      const count = `${packages.length} package${packages.length === 1 ? "" : "s"}`;
      const whose = steps.length === 0 ? "" : ` of ${stepsOf(difference)}`;
      const asked = entry === undefined
        ? ""
        : `${entry.kind === "python" ? "" : `${entry.kind}, `}python ${entry.python} with ${
          listed(entry.requirements)
        }`;
      const head = `environment${whose}: ${whatOf[what]}, ${asked}`;
      if (what !== "upgraded") return [`${head} (${count})`];
      return [head, ...packages.map((one) => `  ${packageLine(one)}`)];
    }
    case "file":
    case "module": {
      const { is, path, from, to } = difference;
      const what = from === undefined ? "new" : to === undefined ? "gone" : "changed";
      return [
        `${is} \`${path}\`: ${what}${from === undefined || to === undefined ? "" : `, ${from} -> ${to}`}`,
      ];
    }
  }
}

const whatOf = {
  missing: "no entry",
  locked: "new",
  upgraded: "upgraded",
  recorded: "recorded",
  released: "no longer used here",
  removed: "removed",
} as const satisfies Record<EnvironmentChange["what"], string>;

const stepsOf = ({ steps }: { readonly steps: readonly string[] }) =>
  `${steps.length === 1 ? "step" : "steps"} ${listNames(steps)}`;

function packageLine({ name, from, to }: EnvironmentChange["packages"][number]): string {
  if (from === undefined) return `+ ${name} ${to}`;
  return to === undefined ? `- ${name} ${from}` : `${name} ${from} -> ${to}`;
}
