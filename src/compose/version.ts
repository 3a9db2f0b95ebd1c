/** Which sluice this is. */

/** Kept equal to deno.json by a test. */
export const sluiceVersion = "0.1.0";

/** The `file://` URL of the folder that holds our modules, with a slash at its end. */
export const sluiceRoot = new URL("../", import.meta.url).href;
