/** Given inputs: what no step makes. */
import { refuse } from "../core/error.ts";
import { callSiteOf } from "./call_site.ts";
import { type Kind, type Model, specOfKind } from "./kinds.ts";
import { makeRef, type Ref } from "./reference.ts";

/** What no step makes: files beside the pipeline, models in the registry. Fails with WIRE_INVALID. */
export const given: {
  /** A file or folder, by its path from the folder of the module that says so. */
  file<K extends Kind>(path: string, kind: K): Ref<K>;
  /** A registered model, such as `models:/wine@champion` or `models:/wine/3`. */
  registered<F extends string>(uri: `models:/${string}`, kind: Model<F>): Ref<Model<F>>;
} = { file: givenFile, registered: givenRegistered };

function givenFile<K extends Kind>(path: string, kind: K): Ref<K> {
  const site = callSiteOf(givenFile);
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    invalid(
      `a file \`${path}\` as a path is text`,
      site.place,
      'Such as `given.file("data/wine.csv", Wine)`',
    );
  }
  if (kind === undefined) {
    invalid(`a file \`${path}\` without its kind`, site.place, "Pass `dataset(…)` or `file()`");
  }
  const folder = new URL(".", site.module).href;
  return makeRef({ is: "given", source: { is: "file", path, folder, kind: specOfKind(kind) } });
}

function givenRegistered<F extends string>(uri: `models:/${string}`, kind: Model<F>): Ref<Model<F>> {
  const site = callSiteOf(givenRegistered);
  if (typeof uri !== "string" || !/^models:\/[^/@\s]+(\/[0-9]+|@[^/@\s]+)$/.test(uri)) {
    invalid(
      `a model \`${uri}\` as it names no registered model`,
      site.place,
      "Such as `models:/wine@champion` or `models:/wine/3`",
    );
  }
  if (kind === undefined) {
    invalid(`a model \`${uri}\` without its kind`, site.place, 'Pass `model("sklearn")`');
  }
  return makeRef({ is: "given", source: { is: "registered", uri, kind: specOfKind(kind) } });
}

function invalid(what: string, at: ReturnType<typeof callSiteOf>["place"], hint: string): never {
  return refuse({ code: "WIRE_INVALID", message: `Cannot give ${what}`, at, hint });
}
