import assert from "node:assert/strict";
import { join } from "node:path";
import { SluiceError } from "../core/error.ts";
import { parseRequirementsText } from "./requirements_text.ts";

const empty = { requirements: [], constraints: [], options: [], places: [], files: {} };

for (
  const [what, text, expected] of [
    ["sorts, and drops comments and repetition", "six # why\n\n# all\nidna>=3\nsix\n", {
      requirements: ["idna>=3", "six"],
    }],
    ["joins continued lines", "six==1.17.0 \\\n    --hash=sha256:00\n", {
      requirements: ["six==1.17.0 --hash=sha256:00"],
    }],
    ["keeps a fragment of an address", "a @ https://h/a-1.whl#sha256=00", {
      requirements: ["a @ https://h/a-1.whl#sha256=00"],
    }],
    [
      "tells places from versions",
      "--index-url=https://h/simple\n-i https://g\n--pre\n--no-binary numpy\nsix",
      {
        requirements: ["six"],
        options: ["--no-binary numpy", "--pre"],
        places: ["--index-url https://h/simple", "-i https://g"],
      },
    ],
    ["takes Windows line ends and a byte order mark", "\uFEFFsix\r\nidna\r\n", {
      requirements: ["idna", "six"],
    }],
    ["takes every line end of Python", "six\ridna # \r#\u2028numpy\f", {
      requirements: ["idna", "numpy", "six"],
    }],
    ["takes nothing", "\n# nothing\n", {}],
    ["keeps markers and extras", 'a[b]>=1 ; python_version < "3.11"', {
      requirements: ['a[b]>=1 ; python_version < "3.11"'],
    }],
  ] as const
) {
  Deno.test(`parseRequirementsText() ${what}`, () => {
    assert.deepEqual(parseRequirementsText(text, { folder: "/" }), { ...empty, ...expected });
  });
}

async function withFiles(files: Record<string, string>, test: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("parseRequirementsText() follows -r and -c, each relative to its own file", async () => {
  const files = {
    "more/base.txt": "-r ../requirements.txt\nidna\n-c limits.txt\n./a-1.whl\n",
    "more/limits.txt": "six<2",
    "more/a-1.whl": "not really",
    "requirements.txt": "-r more/base.txt\nsix\n-f more\n",
  };
  await withFiles(files, (folder) => {
    const parsed = parseRequirementsText(files["requirements.txt"], {
      folder,
      file: join(folder, "requirements.txt"),
    });
    assert.deepEqual(parsed.requirements, ["./more/a-1.whl", "idna", "six"]);
    assert.deepEqual(parsed.constraints, ["six<2"]);
    assert.deepEqual(new Set(parsed.places), new Set([`-f ${join(folder, "more")}`]));
    assert.deepEqual(Object.keys(parsed.files), ["./more/a-1.whl"]);
  });
});

for (
  const [what, line, message] of [
    ["an editable folder", "-e .", /content of a folder changes unseen/],
    ["a folder", "./package", /content of a folder changes unseen/],
    ["a folder by address", "package @ file:///tmp", /content of a folder changes unseen/],
    ["a missing archive", "./gone-1.whl", /does not exist/],
    ["a missing file", "-r gone.txt", /does not exist/],
    ["a folder as a file of requirements", "-r package", /is no file/],
    ["a device as a file of requirements", "-c /dev/zero", /is no file/],
    ["an address with a broken escape", "file:///%zz.whl", /no address of a file/],
    ["an address with a broken host", "pkg @ file://%c/pkg-1.whl", /no address of a file/],
    ["an unknown option", "--frobnicate", /not known/],
  ] as const
) {
  Deno.test(`parseRequirementsText() refuses ${what}, naming the line`, async () => {
    await withFiles({ "package/pyproject.toml": "" }, (folder) => {
      const file = join(folder, "requirements.txt");
      assert.throws(() => parseRequirementsText(`six\n\n${line}\n`, { folder, file }), (error) => {
        assert(error instanceof SluiceError);
        assert.equal(error.failure.code, "ENVIRONMENT_INVALID");
        assert.match(error.failure.message, message);
        assert.deepEqual(error.failure.at, { file, line: 3 });
        return true;
      });
    });
  });
}
