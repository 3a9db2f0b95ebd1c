import { join } from "node:path";
import { openSqliteTracker } from "./sqlite_tracker.ts";
import { trackerContract } from "./tracker_contract.ts";

for (const { name, check } of trackerContract) {
  Deno.test(`in a SQLite file, ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
    try {
      await check(tracker);
    } finally {
      await tracker.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
