/** The contract of trackers: models, their registry, and artifacts. */
import assert from "node:assert/strict";
import type { Tracker } from "../core/ports/tracker.ts";
import { freshName, newRun, point, refuses, sorted, type TrackerCheck } from "./tracker_check.ts";

const read = (tracker: Tracker, location: string, path: string) =>
  tracker.artifacts.read(location, path).then((stream) => new Response(stream).text());
const bytes = (text: string) => new Blob([text]).stream();

export const modelChecks: readonly TrackerCheck[] = [
  {
    name: "a logged model is made, told of and finished",
    async check(tracker) {
      const run = await newRun(tracker);
      const { experimentId } = run;
      const made = await tracker.createLoggedModel({
        experimentId,
        name: "model",
        modelType: "sklearn",
        sourceRunId: run.id,
        tags: [{ key: "t", value: "1" }],
        parameters: [{ key: "p", value: "1" }],
      });
      assert.match(made.id, /^m-[0-9a-f]{32}$/);
      assert.match(made.artifactUri, new RegExp(`/${experimentId}/models/${made.id}/artifacts/?$`));
      assert.deepEqual([made.status, made.name, made.modelType, made.sourceRunId], [
        "PENDING",
        "model",
        "sklearn",
        run.id,
      ]);
      await tracker.setLoggedModelTags(made.id, [{ key: "t", value: "2" }, { key: "u", value: "" }]);
      await tracker.deleteLoggedModelTag(made.id, "u");
      await tracker.logLoggedModelParameters(made.id, [{ key: "q", value: "2" }]);
      await tracker.logBatch(run.id, { metrics: [{ ...point("m", 0.5, 7, 1), modelId: made.id }] });
      assert.equal((await tracker.finalizeLoggedModel(made.id, "READY")).status, "READY");
      const model = await tracker.getLoggedModel(made.id);
      assert.deepEqual(model.tags, [{ key: "t", value: "2" }]);
      assert.deepEqual(sorted(model.parameters), [{ key: "p", value: "1" }, { key: "q", value: "2" }]);
      assert.deepEqual(
        model.metrics.map(({ key, value, runId, modelId }) => ({ key, value, runId, modelId })),
        [
          { key: "m", value: 0.5, runId: run.id, modelId: made.id },
        ],
      );
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.getLoggedModel(`m-${"0".repeat(32)}`));
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.deleteLoggedModelTag(made.id, "none"));
      await refuses(
        "INVALID_PARAMETER_VALUE",
        () => tracker.createLoggedModel({ experimentId, name: "a/b", tags: [], parameters: [] }),
      );
    },
  },
  {
    name: "versions of a registered model count up; an alias moves",
    async check(tracker) {
      const run = await newRun(tracker);
      const { experimentId } = run;
      const logged = await tracker.createLoggedModel({
        experimentId,
        name: "m",
        sourceRunId: run.id,
        tags: [],
        parameters: [],
      });
      const name = freshName();
      const made = await tracker.createRegisteredModel(name, {
        description: "d",
        tags: [{ key: "k", value: "v" }],
      });
      assert.deepEqual([made.name, made.description, made.tags], [name, "d", [{ key: "k", value: "v" }]]);
      const add = () =>
        tracker.createModelVersion({
          name,
          source: `models:/${logged.id}`,
          runId: run.id,
          modelId: logged.id,
          tags: [{ key: "k", value: "v" }],
        });
      const first = await add();
      const second = await add();
      assert.deepEqual([first.version, second.version, first.status, first.stage], [
        "1",
        "2",
        "READY",
        "None",
      ]);
      assert.deepEqual([first.runId, first.source], [run.id, `models:/${logged.id}`]);
      await tracker.setModelAlias(name, "best", "1");
      assert.deepEqual((await tracker.getModelVersion(name, "1")).aliases, ["best"]);
      await tracker.setModelAlias(name, "best", "2");
      assert.equal((await tracker.getModelVersionByAlias(name, "best")).version, "2");
      assert.equal((await tracker.getModelVersionByAlias(name, "latest")).version, "2");
      const model = await tracker.getRegisteredModel(name);
      assert.deepEqual(model.aliases, [{ alias: "best", version: "2" }]);
      assert.deepEqual(model.latestVersions.map(({ version }) => version), ["2"]);
    },
  },
  {
    name: "a registered model is refused with a taken or impossible name, a version that is not there",
    async check(tracker) {
      const name = freshName();
      await tracker.createRegisteredModel(name);
      await refuses("RESOURCE_ALREADY_EXISTS", () => tracker.createRegisteredModel(name));
      for (const bad of ["", "a/b", "a:b", ".."]) {
        await refuses("INVALID_PARAMETER_VALUE", () => tracker.createRegisteredModel(bad));
      }
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.getRegisteredModel(freshName()));
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.getModelVersion(name, "1"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.getModelVersion(name, "one"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.getModelVersionByAlias(name, "none"));
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.setModelAlias(name, "best", "1"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.setModelAlias(name, "latest", "1"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.setModelAlias(name, "v1", "1"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.setModelAlias(name, "a b", "1"));
    },
  },
  {
    name: "artifacts are written, listed and read; files and folders are taken",
    async check(tracker) {
      const { artifactUri } = await newRun(tracker);
      const { artifacts } = tracker;
      assert.deepEqual(await artifacts.list(artifactUri, ""), []);
      await artifacts.write(artifactUri, "a/b ü.txt", bytes("one"));
      await artifacts.write(artifactUri, "a/b ü.txt", bytes("two!"));
      await artifacts.write(artifactUri, "empty", bytes(""));
      const folder = await Deno.makeTempDir();
      await Deno.mkdir(`${folder}/taken/deep`, { recursive: true });
      await Deno.writeTextFile(`${folder}/taken/deep/x`, "deep");
      await Deno.writeTextFile(`${folder}/file`, "file");
      await artifacts.take(artifactUri, "t/taken", `${folder}/taken`);
      await artifacts.take(artifactUri, "t/file", `${folder}/file`);
      assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
      await Deno.remove(folder);
      // MLflow's answers leave out a size of 0.
      const list = async (path: string) =>
        (await artifacts.list(artifactUri, path))
          .map((info) => info.isFolder ? info : { ...info, sizeBytes: info.sizeBytes ?? 0 })
          .toSorted((a, b) => a.path < b.path ? -1 : 1);
      assert.deepEqual(await list(""), [
        { path: "a", isFolder: true },
        { path: "empty", isFolder: false, sizeBytes: 0 },
        { path: "t", isFolder: true },
      ]);
      assert.deepEqual(await list("a"), [{ path: "a/b ü.txt", isFolder: false, sizeBytes: 4 }]);
      assert.deepEqual((await list("t")).map(({ path }) => path), ["t/file", "t/taken"]);
      assert.equal(await read(tracker, artifactUri, "a/b ü.txt"), "two!");
      assert.equal(await read(tracker, artifactUri, "t/taken/deep/x"), "deep");
      assert.deepEqual(await list("none"), []);
    },
  },
  {
    name: "no artifact path leads out of its location",
    async check(tracker) {
      const { artifactUri } = await newRun(tracker);
      for (const path of ["../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", "..", "."]) {
        await refuses("INVALID_PARAMETER_VALUE", () => tracker.artifacts.read(artifactUri, path));
        await refuses(
          "INVALID_PARAMETER_VALUE",
          () => tracker.artifacts.write(artifactUri, path, bytes("x")),
        );
        await refuses("INVALID_PARAMETER_VALUE", () => tracker.artifacts.list(artifactUri, path));
      }
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.artifacts.read(artifactUri, "none"));
    },
  },
];
