/** What runs for an entry point: those that it depends on, before it, and what each is given of what was typed. */
import { fail, type Result, succeed } from "../core/error.ts";
import type { MlflowProject, ProjectEntryPoint } from "../core/mlproject.ts";
import type { Values } from "./fill_command.ts";
import { declaredParameters } from "./project_arguments.ts";

/** In an order in which each comes after those that it depends on, the asked one last. Fails with PROJECT_FILE_INVALID. */
export function findClosure(
  project: MlflowProject,
  asked: ProjectEntryPoint,
): Result<readonly ProjectEntryPoint[]> {
  const byName = new Map(project.entryPoints.map((entryPoint) => [entryPoint.name, entryPoint]));
  const closure = new Set<ProjectEntryPoint>();
  const above: ProjectEntryPoint[] = [];
  // A stack of its own: a chain may be longer than that of calls.
  const open: { readonly entryPoint: ProjectEntryPoint; next: number }[] = [{ entryPoint: asked, next: 0 }];
  above.push(asked);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const need = top.entryPoint.needs[top.next++];
    if (need === undefined) {
      closure.add(top.entryPoint);
      open.pop();
      above.pop();
      continue;
    }
    const needed = byName.get(need)!;
    if (closure.has(needed)) continue;
    const start = above.indexOf(needed);
    if (start >= 0) return fail(circular(above.slice(start)));
    open.push({ entryPoint: needed, next: 0 });
    above.push(needed);
  }
  return succeed([...closure]);
}

function circular(circle: readonly ProjectEntryPoint[]) {
  const [first] = circle;
  return {
    code: "PROJECT_FILE_INVALID" as const,
    message: `Cannot run entry point \`${first!.name}\` as it depends on itself: ${
      [...circle, first!].map(({ name }) => `\`${name}\``).join(" depends on ")
    }`,
    at: first!.place,
    hint: "Take one of them out of `depends_on`",
  };
}

/** All entry points that must come before `entryPoint`, in the order of `closure`. */
export function ancestorsOf(
  entryPoint: ProjectEntryPoint,
  closure: readonly ProjectEntryPoint[],
): readonly ProjectEntryPoint[] {
  const wanted = new Set(entryPoint.needs);
  const reversed = [...closure].reverse();
  for (const other of reversed) {
    if (wanted.has(other.name)) {
      for (const need of other.needs) wanted.add(need);
    }
  }
  return closure.filter(({ name }) => wanted.has(name));
}

/**
 * What was typed as `-P name=value`, by entry point: `name` is for each that names it, `train.name` for `train` alone and
 * wins there; what none names is for the asked one, the last of `closure`.
 */
export function shareParameters(
  closure: readonly ProjectEntryPoint[],
  given: Values,
): ReadonlyMap<string, Values> {
  const asked = closure.at(-1)!;
  const names = new Map(
    closure.map((each) => [each.name, new Set(declaredParameters(each).map(({ name }) => name))]),
  );
  const shared = new Map(closure.map(({ name }) => [name, new Map<string, string>()]));
  const own: [step: string, name: string, value: string][] = [];
  for (const [key, value] of given) {
    const takers = closure.filter(({ name }) => names.get(name)!.has(key));
    for (const { name } of takers) shared.get(name)!.set(key, value);
    if (takers.length > 0) continue;
    const owner = closure.find(({ name }) =>
      key.startsWith(`${name}.`) && names.get(name)!.has(key.slice(name.length + 1))
    );
    if (owner === undefined) shared.get(asked.name)!.set(key, value);
    else own.push([owner.name, key.slice(owner.name.length + 1), value]);
  }
  for (const [step, name, value] of own) shared.get(step)!.set(name, value);
  return shared;
}
