/**
 * A disk as POSIX promises it, and no more: what a power loss may leave of the calls that were made.
 *
 * A file's bytes, size and rights are safe after `fsync` of the file, as they were when that began; a name is safe after
 * `fsync` of the folder it stands in, and not before: a new file's own `fsync` does not save its name, nor a folder's
 * the names above it, as ext4, XFS and Btrfs would. A rename is one change: of its two names both are safe or none.
 *
 * A journalled disk is one of those: it writes down changes of names in their order, and with every `fsync` all that were
 * made before.
 */

/** A call that a program made. Paths are absolute. */
export type DiskCall =
  | {
    readonly is: "open";
    readonly path: string;
    readonly creates: boolean;
    readonly empties: boolean;
    readonly appends: boolean;
    readonly writes: boolean;
    readonly isProgram: boolean;
  }
  /** `at` in bytes; where the file stands when absent. */
  | { readonly is: "write"; readonly path: string; readonly bytes: Uint8Array; readonly at?: number }
  /** From where the one file was read to where the other was written. */
  | { readonly is: "copy"; readonly from: string; readonly to: string; readonly sizeBytes: number }
  | { readonly is: "seek"; readonly path: string; readonly at: number }
  | { readonly is: "resize"; readonly path: string; readonly sizeBytes: number }
  | { readonly is: "mark"; readonly path: string; readonly isProgram: boolean }
  /** Without a path, of the whole file system. */
  | { readonly is: "begin-sync"; readonly sync: number; readonly path?: string; readonly isOfData?: boolean }
  | { readonly is: "end-sync"; readonly sync: number }
  | { readonly is: "rename" | "link"; readonly from: string; readonly to: string }
  | { readonly is: "remove" | "make-folder"; readonly path: string }
  /** What was written to standard output, when that began. */
  | { readonly is: "say"; readonly text: string };

export interface FileNode {
  readonly is: "file";
  readonly id: number;
  readonly seen: Content;
  readonly safe: Content;
  /** From the `safeCount`-th on. */
  unsafe: Change[];
  safeCount: number;
  isProgram: boolean;
  isSafelyProgram: boolean;
  writtenTo: number;
  readTo: number;
  appends: boolean;
}
export interface FolderNode {
  readonly is: "folder";
  readonly id: number;
  readonly seen: Map<string, DiskNode>;
  readonly safe: Map<string, DiskNode>;
  /** The number of the change of names that last reached `safe`. */
  readonly safeBy: Map<string, number>;
}
export type DiskNode = FileNode | FolderNode;

export type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly sizeBytes: number };

/** What one call did to names; undefined is no name. */
export interface NameChange {
  readonly number: number;
  readonly names: readonly {
    readonly folder: FolderNode;
    readonly name: string;
    readonly node: DiskNode | undefined;
  }[];
}

export interface Disk {
  /** Folders by path, safe from the start. */
  readonly roots: ReadonlyMap<string, FolderNode>;
  /** In the order in which they were made. */
  readonly unsafeNames: readonly NameChange[];
  /** Throws for what cannot have happened, such as a write to a file that is not there. */
  apply(call: DiskCall): void;
}

/** A disk with these files, all of them safe. */
export function openDisk(
  roots: readonly string[],
  files: ReadonlyMap<string, { readonly bytes: Uint8Array; readonly isProgram: boolean } | "folder">,
  options: { readonly isJournalled: boolean } = { isJournalled: false },
): Disk {
  let nodes = 0;
  let changes = 0;
  const all: DiskNode[] = [];
  const unsafeNames: NameChange[] = [];
  const syncs = new Map<number, readonly (() => void)[]>();

  const newFolder = (): FolderNode => {
    const made = { is: "folder" as const, id: nodes++, seen: new Map(), safe: new Map(), safeBy: new Map() };
    all.push(made);
    return made;
  };
  const newFile = (isProgram: boolean): FileNode => {
    const made: FileNode = {
      ...{ is: "file", id: nodes++, seen: openContent(), safe: openContent(), unsafe: [], safeCount: 0 },
      ...{ isProgram, isSafelyProgram: isProgram, writtenTo: 0, readTo: 0, appends: false },
    };
    all.push(made);
    return made;
  };

  const rootNodes = new Map(roots.map((path) => [path, newFolder()]));

  /** The folder that a path's last name stands in. */
  function placeOf(path: string): { readonly folder: FolderNode; readonly name: string } {
    const root = roots.find((each) => path.startsWith(`${each}/`));
    if (root === undefined) throw new Error(`${path} is not on the disk`);
    const names = path.slice(root.length + 1).split("/");
    let folder = rootNodes.get(root)!;
    for (const name of names.slice(0, -1)) {
      const next = folder.seen.get(name);
      if (next?.is !== "folder") throw new Error(`${path} has no folder \`${name}\``);
      folder = next;
    }
    return { folder, name: names.at(-1)! };
  }
  function find(path: string): DiskNode | undefined {
    const root = rootNodes.get(path);
    if (root !== undefined) return root;
    const { folder, name } = placeOf(path);
    return folder.seen.get(name);
  }
  function fileAt(path: string): FileNode {
    const node = find(path);
    if (node?.is !== "file") throw new Error(`${path} is no file`);
    return node;
  }
  function setNames(...names: readonly (readonly [path: string, node: DiskNode | undefined])[]): void {
    const set = names.map(([path, node]) => ({ ...placeOf(path), node }));
    for (const { folder, name, node } of set) setName(folder.seen, name, node);
    unsafeNames.push({ number: changes++, names: set });
  }
  function change(file: FileNode, made: Change): void {
    applyChange(file.seen, made);
    file.unsafe.push(made);
  }
  function write(file: FileNode, bytes: Uint8Array, at: number | undefined): void {
    const from = at ?? (file.appends ? file.seen.length : file.writtenTo);
    if (bytes.length > 0) change(file, { at: from, bytes });
    if (at === undefined) file.writtenTo = from + bytes.length;
  }

  /** What the end of a sync that begins now makes safe. */
  function beginSync(node: DiskNode, isOfData: boolean): () => void {
    const before = changes;
    const saveNames = () => {
      const isSaved = ({ number, names }: NameChange) =>
        number < before && (options.isJournalled || names.some(({ folder }) => folder === node));
      const left = unsafeNames.filter((each) => !isSaved(each));
      unsafeNames.filter(isSaved).forEach(makeSafe);
      unsafeNames.splice(0, unsafeNames.length, ...left);
    };
    if (node.is === "folder") return saveNames;
    const count = node.safeCount + node.unsafe.length;
    const { isProgram } = node;
    return () => {
      const saved = node.unsafe.splice(0, Math.max(0, count - node.safeCount));
      saved.forEach((each) => applyChange(node.safe, each));
      node.safeCount += saved.length;
      if (!isOfData) node.isSafelyProgram = isProgram;
      if (options.isJournalled) saveNames();
    };
  }

  const disk: Disk = {
    roots: rootNodes,
    unsafeNames,
    apply(call) {
      switch (call.is) {
        case "open": {
          if (find(call.path) === undefined && call.creates) setNames([call.path, newFile(call.isProgram)]);
          const file = find(call.path);
          if (file?.is !== "file") return;
          if (call.empties && file.seen.length > 0) change(file, { sizeBytes: 0 });
          if (call.writes) Object.assign(file, { writtenTo: 0, appends: call.appends });
          else file.readTo = 0;
          return;
        }
        case "write":
          return write(fileAt(call.path), call.bytes, call.at);
        case "copy": {
          const from = fileAt(call.from);
          const bytes = from.seen.bytes().slice(from.readTo, from.readTo + call.sizeBytes);
          if (bytes.length !== call.sizeBytes) throw new Error(`${call.from} has no ${call.sizeBytes} bytes`);
          from.readTo += bytes.length;
          return write(fileAt(call.to), bytes, undefined);
        }
        case "seek": {
          const file = find(call.path);
          if (file?.is === "file") Object.assign(file, { writtenTo: call.at, readTo: call.at });
          return;
        }
        case "resize": {
          const file = fileAt(call.path);
          if (file.seen.length !== call.sizeBytes) change(file, { sizeBytes: call.sizeBytes });
          return;
        }
        case "mark": {
          const node = find(call.path);
          if (node?.is === "file") node.isProgram = call.isProgram;
          return;
        }
        case "begin-sync": {
          const node = call.path === undefined ? undefined : find(call.path);
          const synced = call.path === undefined ? all : node === undefined ? [] : [node];
          syncs.set(call.sync, synced.map((each) => beginSync(each, call.isOfData ?? false)));
          return;
        }
        case "end-sync":
          syncs.get(call.sync)?.forEach((end) => end());
          syncs.delete(call.sync);
          return;
        case "rename": {
          const node = find(call.from);
          if (node === undefined) throw new Error(`${call.from} is renamed and not there`);
          if (find(call.to) !== node) setNames([call.from, undefined], [call.to, node]);
          return;
        }
        case "link":
          return setNames([call.to, fileAt(call.from)]);
        case "remove":
          if (find(call.path) === undefined) throw new Error(`${call.path} is removed and not there`);
          return setNames([call.path, undefined]);
        case "make-folder":
          if (find(call.path) === undefined) setNames([call.path, newFolder()]);
          return;
        case "say":
          return;
      }
    },
  };

  for (const [path, made] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    if (made === "folder") {
      if (!rootNodes.has(path)) disk.apply({ is: "make-folder", path });
      continue;
    }
    const file = newFile(made.isProgram);
    setNames([path, file]);
    if (made.bytes.length > 0) change(file, { at: 0, bytes: made.bytes });
  }
  disk.apply({ is: "begin-sync", sync: -1 });
  disk.apply({ is: "end-sync", sync: -1 });
  return disk;
}

/** A change may be saved after one that came later: that one stays. */
function makeSafe({ number, names }: NameChange): void {
  for (const { folder, name, node } of names) {
    if ((folder.safeBy.get(name) ?? -1) > number) continue;
    folder.safeBy.set(name, number);
    setName(folder.safe, name, node);
  }
}

export function setName(names: Map<string, DiskNode>, name: string, node: DiskNode | undefined): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}

/** Bytes that grow. */
export interface Content {
  length: number;
  buffer: Uint8Array;
  /** Valid until the next change. */
  bytes(): Uint8Array;
}

export function openContent(from: Uint8Array = new Uint8Array(0)): Content {
  return {
    length: from.length,
    buffer: from.slice(),
    bytes() {
      return this.buffer.subarray(0, this.length);
    },
  };
}

export function applyChange(content: Content, change: Change): void {
  if ("sizeBytes" in change) return resize(content, change.sizeBytes);
  const end = change.at + change.bytes.length;
  if (end > content.length) resize(content, end);
  content.buffer.set(change.bytes, change.at);
}

function resize(content: Content, sizeBytes: number): void {
  if (sizeBytes > content.buffer.length) {
    const larger = new Uint8Array(Math.max(sizeBytes, 2 * content.buffer.length));
    larger.set(content.bytes());
    content.buffer = larger;
  }
  if (sizeBytes < content.length) content.buffer.fill(0, sizeBytes, content.length);
  content.length = sizeBytes;
}
