/** The contract of trackers: experiments and runs. */
import assert from "node:assert/strict";
import type { Tracker } from "../core/ports/tracker.ts";
import { freshName, newRun, point, refuses, sorted, type TrackerCheck } from "./tracker_check.ts";

export const runChecks: readonly TrackerCheck[] = [
  {
    name: "a run that is begun can be used before it is recorded, and ends as it is told",
    async check(tracker) {
      const { id: experimentId, artifactLocation } = await tracker.createExperiment(freshName());
      const { run, recorded } = await tracker.beginRun(
        { experimentId, name: "b", user: "u", startedAt: 5, tags: [{ key: "t", value: "1" }] },
        [{ key: "p", value: "2" }],
      );
      assert.deepEqual([run.name, run.status, run.startedAt], ["b", "RUNNING", 5]);
      assert.equal(run.artifactUri, `${artifactLocation}/${run.id}/artifacts`);
      const log = tracker.logBatch(run.id, { metrics: [point("m", 1, 6, 0)] });
      await Promise.all([recorded, log]);
      await tracker.endRun(run.id, {
        status: "FAILED",
        endedAt: 9,
        tags: [{ key: "t", value: "2" }],
        models: [{ modelId: "m-" + "0".repeat(32), step: 0 }],
      });
      const read = await tracker.getRun(run.id);
      assert.deepEqual(read.info, { ...run, status: "FAILED", endedAt: 9 });
      assert.deepEqual(read.parameters, [{ key: "p", value: "2" }]);
      assert.deepEqual(sorted(read.tags), [{ key: "mlflow.runName", value: "b" }, { key: "t", value: "2" }]);
      assert.deepEqual(read.metrics, [point("m", 1, 6, 0)]);
    },
  },
  {
    name: "runs that have ended are recorded whole, in the order they are given",
    async check(tracker) {
      const { id: experimentId } = await tracker.createExperiment(freshName());
      const ended = (name: string, more: number) => ({
        ...{ experimentId, name, user: "u", startedAt: 5, endedAt: 7, status: "FINISHED" as const },
        tags: [{ key: "kind", value: 'a "quoted"\nline' }, { key: `own-${name}`, value: name }],
        parameters: [{ key: "p", value: `${more}` }, { key: "long", value: "x".repeat(6010) }],
        metrics: [point("m", more, 6, 0), point("m", more + 1, 6, 1), point("n", 1 / 3, 6, 0)],
        models: [{ modelId: "m-" + "0".repeat(32), step: 0 }],
      });
      const infos = await tracker.recordRuns([ended("one", 1), ended("two", 2), ended("three", 3)]);
      assert.deepEqual(infos.map(({ name }) => name), ["one", "two", "three"]);
      for (const [index, info] of infos.entries()) {
        const read = await tracker.getRun(info.id);
        assert.deepEqual(read.info, info);
        assert.deepEqual([info.status, info.startedAt, info.endedAt, info.user], ["FINISHED", 5, 7, "u"]);
        assert.deepEqual(
          sorted(read.tags),
          sorted([...ended(info.name, 0).tags, { key: "mlflow.runName", value: info.name }]),
        );
        assert.deepEqual(sorted(read.parameters).map(({ value }) => value), [
          "x".repeat(6000),
          `${index + 1}`,
        ]);
        assert.deepEqual(sorted(read.metrics), [point("m", index + 2, 6, 1), point("n", 1 / 3, 6, 0)]);
        assert.equal((await tracker.getMetricHistory(info.id, "m")).items.length, 2);
      }
      assert.deepEqual(await tracker.recordRuns([]), []);
      await refuses(
        "INVALID_PARAMETER_VALUE",
        () =>
          tracker.recordRuns([
            ended("four", 4),
            { ...ended("five", 5), parameters: [{ key: "a//b", value: "" }] },
          ]),
      );
    },
  },
  {
    name: "an experiment is found by its name and id, with its tags",
    async check(tracker) {
      const name = freshName();
      assert.equal(await tracker.findExperiment(name), undefined);
      const made = await tracker.createExperiment(name, [{ key: "k", value: "v" }]);
      assert.deepEqual([made.name, made.lifecycleStage, made.tags], [name, "active", [{
        key: "k",
        value: "v",
      }]]);
      assert.match(made.artifactLocation, new RegExp(`/${made.id}$`));
      assert.deepEqual(await tracker.findExperiment(name), made);
      assert.deepEqual(await tracker.getExperiment(made.id), made);
      const listed = await tracker.listExperiments();
      assert.deepEqual(listed.find(({ id }) => id === made.id), made);
      assert.equal(listed.find(({ id }) => id === "0")?.name, "Default");
    },
  },
  {
    name: "an experiment is refused without a name, with a taken one, with an id that is not there",
    async check(tracker) {
      const { name } = await tracker.createExperiment(freshName());
      await refuses("RESOURCE_ALREADY_EXISTS", () => tracker.createExperiment(name));
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.getExperiment("999999"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.getExperiment("x"));
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.createExperiment(""));
    },
  },
  {
    name: "a new run is RUNNING, has its name as a tag and a place for artifacts",
    async check(tracker) {
      const { id: experimentId, artifactLocation } = await tracker.createExperiment(freshName());
      const tags = [{ key: "mlflow.user", value: "me" }];
      const info = await tracker.createRun({
        experimentId,
        name: "first",
        user: "me",
        startedAt: 1234,
        tags,
      });
      assert.match(info.id, /^[0-9a-f]{32}$/);
      assert.deepEqual(info, {
        id: info.id,
        name: "first",
        experimentId,
        status: "RUNNING",
        startedAt: 1234,
        artifactUri: `${artifactLocation}/${info.id}/artifacts`,
        lifecycleStage: "active",
        user: "me",
      });
      const run = await tracker.getRun(info.id);
      assert.deepEqual(run.info, info);
      assert.deepEqual(sorted(run.tags), [{ key: "mlflow.runName", value: "first" }, ...tags]);
      assert.deepEqual([run.metrics, run.parameters, run.datasetInputs], [[], [], []]);
    },
  },
  {
    name: "a run may lie where another run's artifacts are, where the tracker lets it",
    async check(tracker) {
      const { id: experimentId } = await tracker.createExperiment(freshName());
      const run = { experimentId, name: "a", user: "me", startedAt: 1, tags: [] };
      const first = await tracker.createRun(run);
      const second = await tracker.createRun({ ...run, artifactUri: first.artifactUri });
      const isServer = tracker.uri.startsWith("http");
      assert.equal(second.artifactUri === first.artifactUri, !isServer);
      assert.equal((await tracker.getRun(second.id)).info.artifactUri, second.artifactUri);
    },
  },
  {
    name: "a run without a name is given one; a name and another in its tag are refused",
    async check(tracker) {
      const { id: experimentId } = await tracker.createExperiment(freshName());
      const run = { experimentId, name: "", user: "u", startedAt: 1, tags: [] };
      assert.match((await tracker.createRun(run)).name, /^[a-z]+-[a-z]+-\d+$/);
      const tags = [{ key: "mlflow.runName", value: "b" }];
      assert.equal((await tracker.createRun({ ...run, tags })).name, "b");
      await refuses("INVALID_PARAMETER_VALUE", () => tracker.createRun({ ...run, name: "a", tags }));
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.createRun({ ...run, experimentId: "999999" }));
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.getRun("0".repeat(32)));
    },
  },
  {
    name: "a run ends and is renamed; what an update does not say stays",
    async check(tracker) {
      const { id } = await newRun(tracker);
      assert.equal((await tracker.updateRun(id, { name: "second" })).status, "RUNNING");
      const ended = await tracker.updateRun(id, { status: "KILLED", endedAt: 2000 });
      assert.deepEqual([ended.name, ended.status, ended.startedAt, ended.endedAt], [
        "second",
        "KILLED",
        1000,
        2000,
      ]);
      assert.deepEqual((await tracker.getRun(id)).tags, [{ key: "mlflow.runName", value: "second" }]);
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.updateRun("0".repeat(32), { status: "FAILED" }));
    },
  },
  {
    name: "tags are replaced and deleted; the tag with the name renames the run",
    async check(tracker) {
      const { id } = await newRun(tracker);
      await tracker.logBatch(id, { tags: [{ key: "a", value: "1" }, { key: "b", value: "" }] });
      await tracker.logBatch(id, {
        tags: [{ key: "a", value: "2" }, { key: "mlflow.runName", value: "other" }],
      });
      const run = await tracker.getRun(id);
      assert.equal(run.info.name, "other");
      assert.deepEqual(sorted(run.tags), [
        { key: "a", value: "2" },
        { key: "b", value: "" },
        { key: "mlflow.runName", value: "other" },
      ]);
      await tracker.deleteTag(id, "a");
      assert.deepEqual((await tracker.getRun(id)).tags.map(({ key }) => key).sort(), ["b", "mlflow.runName"]);
      await refuses("RESOURCE_DOES_NOT_EXIST", () => tracker.deleteTag(id, "a"));
    },
  },
  {
    name: "runs are found by experiment, tags and status, newest first",
    async check(tracker) {
      const { id: experimentId } = await tracker.createExperiment(freshName());
      const other = await newRun(tracker);
      const make = (name: string, startedAt: number, parent: string) =>
        tracker.createRun({
          experimentId,
          name,
          user: "u",
          startedAt,
          tags: [{ key: "mlflow.parentRunId", value: parent }],
        });
      await make("a", 1, "p");
      const b = await make("b", 3, "p");
      await make("c", 2, "q");
      await tracker.updateRun(b.id, { status: "FAILED", endedAt: 9 });
      const find = async (search: Partial<Parameters<Tracker["searchRuns"]>[0]>) =>
        (await tracker.searchRuns({ experimentIds: [experimentId], limit: 10, ...search })).map(({ info }) =>
          info.name
        );
      const parent = [{ key: "mlflow.parentRunId", value: "p" }];
      assert.deepEqual(await find({}), ["b", "c", "a"]);
      assert.deepEqual(await find({ limit: 2 }), ["b", "c"]);
      assert.deepEqual(await find({ tags: parent }), ["b", "a"]);
      assert.deepEqual(await find({ tags: parent, statuses: ["RUNNING"] }), ["a"]);
      assert.deepEqual(await find({ tags: [...parent, { key: "mlflow.runName", value: "a" }] }), ["a"]);
      const onlyTags = ["mlflow.parentRunId", "none"];
      const bare = await tracker.searchRuns({
        experimentIds: [experimentId],
        limit: 1,
        tags: parent,
        onlyTags,
      });
      assert.deepEqual(bare.map(({ info, tags }) => [info.name, tags]), [["b", parent]]);
      assert.deepEqual(await find({ statuses: [] }), []);
      assert.deepEqual(await find({ experimentIds: [] }), []);
      assert.deepEqual((await find({ experimentIds: [experimentId, other.experimentId] })).length, 4);
    },
  },
  {
    name: "a run's datasets and models are its inputs and outputs; a dataset said again stays one",
    async check(tracker) {
      const { id, experimentId } = await newRun(tracker);
      const model = await tracker.createLoggedModel({ experimentId, name: "m", tags: [], parameters: [] });
      const dataset = {
        name: "d",
        digest: "abc",
        sourceType: "local",
        source: "{}",
        schema: "{}",
        profile: "{}",
      };
      const input = { dataset, tags: [{ key: "mlflow.data.context", value: "train" }] };
      await tracker.logInputs(id, [input], [{ modelId: model.id }]);
      await tracker.logInputs(id, [{ dataset: { ...dataset, source: "other" }, tags: [] }], []);
      await tracker.logOutputs(id, [{ modelId: model.id, step: 3 }]);
      const run = await tracker.getRun(id);
      assert.deepEqual(run.datasetInputs, [input]);
      assert.deepEqual(run.modelInputs, [{ modelId: model.id }]);
      assert.deepEqual(run.modelOutputs, [{ modelId: model.id, step: 3 }]);
    },
  },
];
