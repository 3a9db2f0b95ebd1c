/** What a step sees of the machine although nothing declares it, and why. `docs/sandbox.md` is made from these tables. */

export interface MachineFile {
  readonly path: string;
  readonly why: string;
  /** Shown only to steps with this permission. */
  readonly with?: "net" | "gpu";
  /** bubblewrap puts a text of ours in its place; Landlock can only show the machine's. */
  readonly isReplaced?: true;
}

/** Read-only, where they are there. A link among them leads where the machine's owner put it. */
export const machineFiles: readonly MachineFile[] = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].map((path) => ({
    path,
    why: "programs and libraries of the system; an environment's identity holds its release",
  })),
  { path: "/opt", why: "programs that are not the system's own, such as compilers and CUDA" },
  { path: "/nix/store", why: "programs and libraries, where the system is NixOS" },
  { path: "/etc/alternatives", why: "links from a program's name to the program" },
  { path: "/etc/ld.so.cache", why: "where the loader finds libraries" },
  ...[
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/cert.pem",
    "/etc/ca-certificates",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf",
  ].map((path) => ({ path, why: "certificate authorities; never the folder of private keys" })),
  ...["/etc/localtime", "/etc/timezone"].map((path) => ({ path, why: "the time zone" })),
  ...["/etc/nsswitch.conf", "/etc/services", "/etc/protocols"].map((path) => ({
    path,
    why: "how names are looked up; libraries fail without",
  })),
  ...["/etc/mime.types", "/etc/fonts"].map((path) => ({
    path,
    why: "kinds of files, and fonts for plots",
  })),
  { path: "/etc/os-release", why: "the system's release, which an environment's identity holds" },
  ...["/etc/java-17-openjdk", "/etc/java-21-openjdk"].map((path) => ({
    path,
    why: "settings of the system's Java",
  })),
  { path: "/etc/R", why: "settings of the system's R" },
  {
    path: "/etc/passwd",
    why: "the user's own line: libraries fail for a user without a name",
    isReplaced: true,
  },
  { path: "/etc/group", why: "the line of the user's own group", isReplaced: true },
  { path: "/etc/hosts", why: "the name `localhost`; with `net`, the machine's file", isReplaced: true },
  { path: "/etc/resolv.conf", why: "the servers of names", with: "net" },
  { path: "/etc/gai.conf", why: "the order of addresses", with: "net" },
  ...["/etc/OpenCL", "/etc/vulkan", "/etc/glvnd"].map((path) => ({
    path,
    why: "the drivers there are",
    with: "gpu" as const,
  })),
  { path: "/sys", why: "libraries of devices look there for them", with: "gpu" },
];

/** Devices any step may use. */
export const plainDevices = ["null", "zero", "full", "random", "urandom"] as const;

/** In /dev, for `gpu`: NVIDIA's, those of the direct rendering manager, and AMD's. */
export const isGpuDevice = (name: string): boolean => /^(nvidia.*|dri|kfd)$/.test(name);

/** What no file holds, and can be seen all the same. */
export const machineFacts: readonly (readonly [what: string, why: string])[] = [
  [
    "the processor's model, the number of cores, the memory; load, disks, interrupts, time since the start",
    "/proc tells of them; under Landlock, which has the machine's own, of its connections and mounts as well",
  ],
  ["where the project, the cache and the environment lie", "a step sees paths as they are; keys hold none"],
  ["the id of its run", "it is in the paths of its outputs and of TMPDIR"],
  ["modes, times and owners of what it is shown", "of the modes only whether a file may be executed counts"],
  ["the kernel's release", "any program may ask for it"],
  ["the clock", "a step that depends on the time is not the same twice: `sluice verify` finds it"],
  ["the number of the user and of their group", "files it makes are theirs"],
  ["how large the disks are that hold what it sees", "any program may ask for it"],
];
