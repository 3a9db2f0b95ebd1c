/** What no step makes: files beside the pipeline, models in the registry. */
import { refuse } from "../core/error.ts";
import { callSiteOf } from "./call_site.ts";
import { type Kind, lowerKind, type Model } from "./kinds.ts";
import { makeRef, type Ref } from "./reference.ts";

/**
 * Inputs that are there already.
 *
 * ```ts
 * const wine = given.file("data/wine.csv", Wine);
 * const champion = given.registered("models:/wine@champion", model("sklearn"));
 * ```
 */
export const given: {
  /** A file or folder; `path` is relative to this module's folder. Its content is in the key of what reads it. */
  file<K extends Kind>(path: string, kind: K): Ref<K>;
  /** A version (`models:/wine/3`) or alias (`models:/wine@champion`) in the registry of the tracker. */
  registered<F extends string>(uri: `models:/${string}`, kind: Model<F>): Ref<Model<F>>;
} = {
  file<K extends Kind>(path: string, kind: K): Ref<K> {
    const site = callSiteOf(given.file);
    const spec = lowerKind(kind);
    if (typeof path !== "string" || path === "" || spec === undefined) {
      return refuse({
        code: "WIRE_INVALID",
        message: "Cannot give a file without its path and kind",
        at: site.place,
        hint: 'Such as `given.file("data/wine.csv", Wine)`',
      });
    }
    const folder = new URL(".", site.module).href;
    return makeRef({ is: "given", source: { is: "file", path, folder, kind: spec } });
  },
  registered<F extends string>(uri: `models:/${string}`, kind: Model<F>): Ref<Model<F>> {
    const site = callSiteOf(given.registered);
    const spec = lowerKind(kind);
    if (!/^models:\/[^/@]+(\/\d+|@[^/@]+)$/.test(uri) || spec === undefined) {
      return refuse({
        code: "WIRE_INVALID",
        message: `Cannot give \`${uri}\` as it names no version of a registered model`,
        at: site.place,
        hint: "Such as `models:/wine/3` or `models:/wine@champion`",
      });
    }
    return makeRef({ is: "given", source: { is: "registered", uri, kind: spec } });
  },
};
