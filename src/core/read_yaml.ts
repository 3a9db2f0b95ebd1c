/** YAML that others wrote, which must not hold up anything else. */

/** In characters; a longer text is not to be parsed. */
export const yamlLimit = 1 << 17;

/** In characters; what is longer is parsed in a thread of its own: a hostile text can take the square of its length. */
const longest = 1 << 13;
const limitMs = 10_000;

/**
 * The value of a text of at most `yamlLimit` characters. Of members that stand twice the last one counts. Throws for
 * what is no YAML, has aliases, which could make a small text an endless value, or takes more than ten seconds.
 */
export async function readYaml(text: string): Promise<unknown> {
  return text.length <= longest ? await parseHere(text, "values") : await parseAside(text, "values");
}

/**
 * The same with each scalar as its text, but for a bare `null`: what tools of another YAML meant by an unquoted `1e3` is
 * theirs to say.
 */
export async function readYamlTexts(text: string): Promise<unknown> {
  return text.length <= longest ? await parseHere(text, "texts") : await parseAside(text, "texts");
}

/** What scalars are read as. */
type Scalars = "values" | "texts";

async function parseHere(text: string, scalars: Scalars): Promise<unknown> {
  const { parse } = await import("yaml");
  return parse(text, {
    // To look for a name that stands twice takes the square of all names; `silent` would hide errors, too.
    maxAliasCount: 0,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
    ...(scalars === "texts" ? { schema: "failsafe", customTags: ["null"] } as const : {}),
  });
}

interface Question {
  readonly text: string;
  readonly scalars: Scalars;
}
type Answer = { readonly value: unknown } | { readonly error: string };
/** Names the thread, whose module this one is as well. */
const threadName = "sluice-yaml";

async function parseAside(text: string, scalars: Scalars): Promise<unknown> {
  const thread = new Worker(import.meta.url, { type: "module", name: threadName });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const late = setTimeout(() => reject(new Error("It takes too long")), limitMs);
  thread.onmessage = ({ data }) => resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  thread.postMessage({ text, scalars } satisfies Question);
  try {
    const answer = await promise;
    if ("error" in answer) throw new Error(answer.error);
    return answer.value;
  } finally {
    clearTimeout(late);
    thread.terminate();
  }
}

/** What of a thread's own scope is used here. */
interface Scope {
  readonly name?: string;
  onmessage: ((event: MessageEvent<Question>) => void) | null;
  postMessage(answer: Answer): void;
}
const scope = globalThis as unknown as Scope;

if (scope.name === threadName) {
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ value: await parseHere(data.text, data.scalars) });
    } catch (error) {
      scope.postMessage({ error: String(error) });
    }
  };
}
