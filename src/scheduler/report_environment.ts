/** Tells how an environment comes about. */
import type { EnvironmentProgress, EnvironmentSpec, ReadyEnvironment } from "../core/environment.ts";
import type { Services } from "./services.ts";

/** `name` is what it is called in what is shown; `make` is told where its progress goes. Throws what `make` throws. */
export async function reportEnvironment<Ready extends Pick<ReadyEnvironment, "isNew">>(
  name: string,
  { clock, emit }: Pick<Services, "clock" | "emit">,
  make: (
    onProgress: (progress: EnvironmentProgress) => void,
  ) => Promise<Ready & { readonly packages?: number }>,
): Promise<Ready> {
  const startedAt = clock();
  const ready = await make((progress) =>
    emit({ is: "environment-progress", at: clock(), environment: name, progress })
  );
  emit({
    is: "environment-ready",
    at: clock(),
    environment: name,
    isNew: ready.isNew,
    tookMs: clock() - startedAt,
    ...(ready.isNew && ready.packages !== undefined ? { packages: ready.packages } : {}),
  });
  return ready;
}

/** `python 3.11`, `host`, `deno`. */
export const describeEnvironment = (spec: EnvironmentSpec): string =>
  spec.kind === "python" && spec.version !== undefined ? `python ${spec.version}` : spec.kind;
