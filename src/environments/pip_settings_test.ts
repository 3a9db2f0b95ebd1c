import assert from "node:assert/strict";
import fc from "fast-check";
import { readIni } from "./ini.ts";
import { readPipSettings, uvSettings } from "./pip_settings.ts";

for (
  const [what, text, expected] of [
    ["keys and values", "[global]\nindex-url = https://a/simple\nTimeout: 60\n", {
      global: { "index-url": "https://a/simple", timeout: "60" },
    }],
    [
      "indented lines as one value",
      "[global]\nfind-links =\n    /a\n    /b\n\n[install]\nno-index = true\n",
      {
        global: { "find-links": "/a\n/b" },
        install: { "no-index": "true" },
      },
    ],
    ["comments", "# [a]\n[b]\n; c = 1\nd = 2\n  # not a continuation\n", { b: { d: "2" } }],
    ["values with = and :", "[a]\nurl = https://u:p@h/simple?x=1\n", {
      a: { url: "https://u:p@h/simple?x=1" },
    }],
    ["the last of equal keys, Windows line ends", "[a]\r\nx = 1\r\nx = 2\r\n", { a: { x: "2" } }],
    ["nothing outside a section", "x = 1\n", {}],
  ] as const
) {
  Deno.test(`readIni() reads ${what}`, () => assert.deepEqual(readIni(text), expected));
}

for (const name of ["__proto__", "constructor"]) {
  Deno.test(`readIni() reads a section \`${name}\` as any other, and leaves every object as it was`, () => {
    const read = readIni(`[${name}]\nspoilt = yes\n${name} = 1\n`);
    assert.deepEqual(Object.keys(read), [name]);
    assert.ok(!("spoilt" in {}) && !("spoilt" in Object));
  });
}

Deno.test("readIni() reads a value of 30,000 lines as fast as any other", () => {
  const startedAt = performance.now();
  const read = readIni(`[a]\nb =\n${"  line\n".repeat(30_000)}`);
  assert.equal(read["a"]?.["b"], "line\n".repeat(30_000).trim());
  assert.ok(performance.now() - startedAt < 1000);
});

Deno.test("readIni() reads a line of 200,000 blanks as fast as any other", () => {
  const startedAt = performance.now();
  assert.deepEqual(
    readIni(`[a]\nb${" ".repeat(200_000)}c\nd = e${" ".repeat(200_000)}f\n`)["a"]?.["d"]?.length,
    200_002,
  );
  assert.ok(performance.now() - startedAt < 1000);
});

Deno.test("readIni() passes over what it does not understand", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(typeof readIni(text), "object")));
});

const files = (contents: Record<string, string>) => (path: string) => contents[path];

for (
  const [what, variables, contents, expected] of [
    ["the user's file over the machine's", { HOME: "/home/u" }, {
      "/etc/pip.conf": "[global]\nindex-url = https://machine/\ncert = /ca.pem",
      "/home/u/.config/pip/pip.conf": "[global]\nindex_url = https://user/",
    }, { "index-url": "https://user/", cert: "/ca.pem" }],
    ["all of the user's files", { HOME: "/home/u" }, {
      "/etc/xdg/pip/pip.conf": "[global]\ntimeout = 1",
      "/home/u/.pip/pip.conf": "[global]\npre = yes",
    }, { timeout: "1", pre: "yes" }],
    ["XDG's folders", { HOME: "/h", XDG_CONFIG_HOME: "/x", XDG_CONFIG_DIRS: "/first:/second" }, {
      "/x/pip/pip.conf": "[global]\nproxy = http://p",
      "/first/pip/pip.conf": "[global]\ntimeout = 1",
      "/second/pip/pip.conf": "[global]\ntimeout = 2\nretries = 3",
      "/h/.config/pip/pip.conf": "[global]\nproxy = http://not-read",
    }, { proxy: "http://p", timeout: "1", retries: "3" }],
    ["`install` over `global`", { HOME: "/h" }, {
      "/etc/pip.conf": "[install]\nfind-links = /b\n[global]\nfind-links = /a",
    }, { "find-links": "/b" }],
    ["PIP_CONFIG_FILE over the others", { HOME: "/h", PIP_CONFIG_FILE: "/mine" }, {
      "/mine": "[global]\ntimeout = 9",
      "/h/.config/pip/pip.conf": "[global]\ntimeout = 1",
    }, { timeout: "9" }],
    ["no file when PIP_CONFIG_FILE is /dev/null", { HOME: "/h", PIP_CONFIG_FILE: "/dev/null" }, {
      "/etc/pip.conf": "[global]\ntimeout = 1",
    }, {}],
    ["variables over files, empty ones aside", { HOME: "/h", PIP_INDEX_URL: "https://v/", PIP_CERT: "" }, {
      "/etc/pip.conf": "[global]\nindex-url = https://f/\ncert = /ca.pem",
    }, { "index-url": "https://v/", cert: "/ca.pem" }],
  ] as const
) {
  Deno.test(`readPipSettings() takes ${what}`, () => {
    assert.deepEqual(readPipSettings(variables, files(contents)), expected);
  });
}

for (
  const [what, settings, caller, variables, flags] of [
    ["index and certificate", { "index-url": "https://a/", cert: "/ca.pem" }, {}, {
      UV_DEFAULT_INDEX: "https://a/",
      SSL_CERT_FILE: "/ca.pem",
    }, []],
    ["several indexes, the best version of all", { "extra-index-url": "https://b/\nhttps://c/" }, {}, {
      UV_INDEX: "https://b/ https://c/",
      UV_INDEX_STRATEGY: "unsafe-best-match",
    }, []],
    ["links, relative to the project and to the home", { "find-links": "wheels ~/w file:///x" }, {
      HOME: "/h",
    }, {
      UV_FIND_LINKS: "/project/wheels,/h/w,file:///x",
    }, []],
    ["hosts and constraints", { "trusted-host": "a b", constraint: "/c.txt" }, {}, {
      UV_INSECURE_HOST: "a b",
      UV_CONSTRAINT: "/c.txt",
    }, []],
    ["no index", { "no-index": "1" }, {}, {}, ["--no-index"]],
    ["an index after all", { "no-index": "0" }, {}, {}, []],
    ["sources or wheels only", { "only-binary": ":all:", "no-binary": "a,b" }, {}, {}, [
      ...["--no-binary", "a", "--no-binary", "b"],
      ...["--only-binary", ":all:"],
    ]],
    [
      "nothing that the caller told uv",
      {
        "index-url": "https://a/",
        "extra-index-url": "https://b/",
        "find-links": "/w",
      },
      {
        UV_INDEX_URL: "https://mine/",
        UV_EXTRA_INDEX_URL: "https://mine/2",
        UV_FIND_LINKS: "/mine",
        UV_INDEX_STRATEGY: "first-index",
      },
      {},
      [],
    ],
  ] as const
) {
  Deno.test(`uvSettings() gives uv ${what}`, () => {
    assert.deepEqual(uvSettings(settings, caller, "/project"), { variables, arguments: flags });
  });
}
