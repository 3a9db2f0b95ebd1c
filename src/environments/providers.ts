/** The kinds of environment there are; each is loaded when first asked for. */
import type { EnvironmentSpec } from "../core/environment.ts";
import type { Answer, Provider, Surroundings } from "./provider.ts";

/** Looking a module up again takes as long as asking the smaller providers. */
function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  return () => loaded ??= load();
}

const providers: { readonly [Kind in EnvironmentSpec["kind"]]: () => Promise<Provider<Kind>> } = {
  host: once(async () => (await import("./host_provider.ts")).provideHost),
  deno: once(async () => (await import("./deno_provider.ts")).provideDeno),
  conda: once(async () => (await import("./conda_provider.ts")).provideConda),
  docker: once(async () => (await import("./docker_provider.ts")).provideDocker),
  python: once(async () => (await import("./python_provider.ts")).providePython),
};

/** Asks the provider of the spec's kind. */
export async function answer<Kind extends EnvironmentSpec["kind"]>(
  spec: Extract<EnvironmentSpec, { kind: Kind }>,
  surroundings: Surroundings,
): Promise<Answer> {
  const provide = await providers[spec.kind as Kind]();
  return await provide(spec, surroundings);
}
