/** What py-rattler is asked to do, as a program of Python: JSON in, JSON out, lines of progress on standard error. */
import { z } from "zod";

/** A package of a channel, as a lock has it. */
export interface CondaArchive {
  readonly url: string;
  /** `sha256:…`, or `md5:…` where a channel has no other. */
  readonly digests: readonly string[];
}

export type CondaQuestion =
  | {
    readonly is: "solve";
    /** Addresses, the first one first. */
    readonly channels: readonly string[];
    /** As a user writes them. */
    readonly specs: readonly string[];
    /** Versions to keep where they fit. */
    readonly preferred: readonly string[];
  }
  | {
    readonly is: "install";
    readonly archives: readonly CondaArchive[];
    /** Where the files are put, and where they will lie: the second is written into them. */
    readonly folder: string;
    readonly prefix: string;
  };

export const CondaAnswer = z.discriminatedUnion("is", [
  z.object({
    is: z.literal("solved"),
    archives: z.array(z.object({ url: z.string(), digests: z.array(z.string()) })),
  }),
  z.object({ is: z.literal("installed") }),
  z.object({ is: z.literal("unsatisfiable"), words: z.string() }),
  /** A spec that is none. */
  z.object({ is: z.literal("invalid"), words: z.string() }),
  z.object({ is: z.literal("failed"), words: z.string() }),
]);
export type CondaAnswer = z.infer<typeof CondaAnswer>;

/**
 * Scripts that packages bring for their installation are not run. An archive in the cache is taken where it has the digest
 * that is asked for; others are fetched, and refused with another digest.
 */
export const condaScript = `
import asyncio, hashlib, json, os, sys, urllib.parse
import rattler, rattler.exceptions

def tell(line):
    print(line, file=sys.stderr, flush=True)

def read(spec):
    return rattler.MatchSpec(spec, strict=False)

def digests(record):
    if record.sha256:
        return ["sha256:" + bytes(record.sha256).hex()]
    return ["md5:" + bytes(record.md5).hex()] if record.md5 else []

async def solve(asked):
    try:
        specs = [read(spec) for spec in asked["specs"]]
    except Exception as error:
        return {"is": "invalid", "words": str(error)}
    gateway = rattler.Gateway(cache_dir=os.path.join(asked["cache"], "repodata"))
    rest = {
        "gateway": gateway,
        "virtual_packages": rattler.VirtualPackage.detect(),
        "channel_priority": rattler.ChannelPriority.Strict,
    }
    records = None
    try:
        if asked["preferred"]:
            try:
                records = await rattler.solve(asked["channels"], specs, constraints=[read(one) for one in asked["preferred"]], **rest)
            except rattler.exceptions.SolverError:
                pass
        if records is None:
            records = await rattler.solve(asked["channels"], specs, **rest)
    except rattler.exceptions.SolverError as error:
        return {"is": "unsatisfiable", "words": str(error)}
    return {"is": "solved", "archives": [{"url": record.url, "digests": digests(record)} for record in records]}

def record_of(archive):
    url = archive["url"]
    where, file = url.rsplit("/", 1)
    channel, subdir = where.rsplit("/", 1)
    stem = file[:-8] if file.endswith(".tar.bz2") else file[:-6]
    name, version, build = stem.rsplit("-", 2)
    kinds = dict(digest.split(":", 1) for digest in archive["digests"])
    package = rattler.PackageRecord(
        name, version, rattler.BuildString(build), 0, subdir,
        **{kind: bytes.fromhex(digest) for kind, digest in kinds.items()},
    )
    return rattler.RepoDataRecord(package, file, url, channel + "/")

def check(archive):
    """Of a file of this machine nobody else does."""
    address = urllib.parse.urlsplit(archive["url"])
    path = urllib.parse.unquote(address.path)
    if address.scheme != "file" or not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        for digest in archive["digests"]:
            kind, expected = digest.split(":", 1)
            file.seek(0)
            found = hashlib.file_digest(file, kind).hexdigest() if hasattr(hashlib, "file_digest") else hashlib.new(kind, file.read()).hexdigest()
            if found != expected:
                raise Exception("hash mismatch of %s: expected %s, got %s" % (archive["url"], expected, found))

async def install(asked):
    for archive in asked["archives"]:
        check(archive)
    records = [record_of(archive) for archive in asked["archives"]]
    tell("Installing %d packages" % len(records))
    await rattler.install(
        records,
        target_prefix=asked["folder"],
        alternative_target_prefix=asked["prefix"],
        package_cache=rattler.PackageCache.new_layered(
            [os.path.join(asked["cache"], "packages")],
            # What was changed in the cache does not come into an environment.
            validation_mode=rattler.ValidationMode.full(),
        ),
        execute_link_scripts=False,
        show_progress=False,
    )
    return {"is": "installed"}

asked = json.load(sys.stdin)
try:
    answer = asyncio.run({"solve": solve, "install": install}[asked["is"]](asked))
except Exception as error:
    answer = {"is": "failed", "words": str(error)}
json.dump(answer, sys.stdout)
`;
