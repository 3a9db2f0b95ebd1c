/** Which sluice this is. */

/** Kept equal to deno.json by a test. */
export const sluiceVersion = "0.1.0";

/** Its name as a package, as in deno.json. */
export const sluicePackage = "@sluice/sluice";

/** The `file://` URL of the folder that holds our modules, with a slash at its end. */
export const sluiceRoot = new URL("../", import.meta.url).href;
