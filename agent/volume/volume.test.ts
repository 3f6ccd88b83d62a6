import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { Pod, Volume } from "../../api/wire.ts";
import { systemClock } from "../../lib/clock.ts";
import { NotFoundError } from "../pod/config/environment.ts";
import { nodePaths } from "../pod/paths.ts";
import { containerOf, podOf } from "../testing/pod-bench.ts";
import { systemCommands } from "../system/commands.ts";
import { parseMountPoints, systemMounter } from "../system/mounts.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { usedVolumes } from "./object-cache.ts";
import type { Payload } from "./payload.ts";
import { bindSubPath, SubPathNotMade } from "./sub-path.ts";
import { diskUsage } from "./usage.ts";
import { VolumeManager } from "./volume-manager.ts";

const mounter = systemMounter(systemCommands);

/** A folder; whatever is mounted below it is unmounted at the end. */
async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "berth-volume-"));
  try {
    await body(dir);
  } finally {
    for (const point of await mounter.below(dir)) await mounter.unmount(point);
    await rm(dir, { recursive: true, force: true });
  }
}

const payload = (files: Record<string, string>): Payload => new Map(Object.entries(files).map(([path, data]) => [path, { data: Buffer.from(data), mode: 0o640 }]));

test("files appear by links through ..data, with their modes", (t) =>
  inFolder(async (dir) => {
    t.true(await writeAtomically(dir, payload({ b: "2", "x/a": "1" }), { clock: systemClock }));
    t.deepEqual((await readdir(dir)).map((name) => name.replace(/^\.\.2.*/, "..TIME")).sort(), ["..TIME", "..data", "b", "x"].sort());
    t.is(await readlink(join(dir, "b")), "..data/b");
    t.is(await readlink(join(dir, "x")), "..data/x");
    t.is((await stat(join(dir, "x", "a"))).mode & 0o777, 0o640);
    t.is(await readFile(join(dir, "x", "a"), "utf8"), "1");
  }));

test("an update swaps all files at once and takes away what is gone; the same again changes nothing", (t) =>
  inFolder(async (dir) => {
    await writeAtomically(dir, payload({ a: "1", b: "2", "x/a": "3" }), { clock: systemClock });
    const before = await readlink(join(dir, "..data"));
    t.false(await writeAtomically(dir, payload({ a: "1", b: "2", "x/a": "3" }), { clock: systemClock }));
    t.is(await readlink(join(dir, "..data")), before);
    t.true(await writeAtomically(dir, payload({ a: "one", c: "3" }), { clock: systemClock }));
    t.is(await readFile(join(dir, "a"), "utf8"), "one");
    t.deepEqual((await readdir(dir)).filter((name) => !name.startsWith("..")).sort(), ["a", "c"]);
    t.is((await readdir(dir)).filter((name) => name.startsWith("..2")).length, 1, "the old files are gone");
  }));

test("a write that was broken off before is finished by the next", (t) =>
  inFolder(async (dir) => {
    await mkdir(join(dir, "..2020_01_01_00_00_00.1"));
    await symlink("..2020_01_01_00_00_00.1", join(dir, "..data_tmp"));
    t.true(await writeAtomically(dir, payload({ a: "1" }), { clock: systemClock }));
    t.is(await readFile(join(dir, "a"), "utf8"), "1");
    t.deepEqual((await readdir(dir)).filter((name) => name.startsWith("..2020") || name === "..data_tmp"), []);
  }));

test("with an fsGroup files are the group's to read", (t) =>
  inFolder(async (dir) => {
    await writeAtomically(dir, new Map([["a", { data: Buffer.from("x"), mode: 0o400 }]]), { clock: systemClock, fsGroup: 2000 });
    const found = await stat(join(dir, "a"));
    t.deepEqual([found.gid, found.mode & 0o777], [2000, 0o440]);
  }));

interface Objects {
  configMaps?: Record<string, Record<string, string>>;
  secrets?: Record<string, Record<string, string>>;
}

function managerIn(dir: string, objects: Objects = {}): VolumeManager {
  const found = (kind: string, all: Record<string, Record<string, string>> = {}) => async (_namespace: string, name: string) => {
    const data = all[name];
    if (data === undefined) throw new NotFoundError(`${kind} "${name}" not found`);
    const entries = Object.entries(data).map(([key, value]) => [key, kind === "secret" ? Buffer.from(value).toString("base64") : value]);
    return { apiVersion: "v1", kind: "X", metadata: { name }, data: Object.fromEntries(entries) } as never;
  };
  const source = { configMap: found("configmap", objects.configMaps), secret: found("secret", objects.secrets), services: async () => [], volumeFile: async () => ({ path: "", text: "" }) };
  const tokens = { get: async (_pod: Pod, spec: { audience?: string }) => `token for ${spec.audience ?? "the API"}`, renewAt: () => undefined, forget: () => {} };
  return new VolumeManager({ paths: nodePaths(dir), mounter, source, tokens: tokens as never, allocatable: () => ({ cpu: "2" }), clock: systemClock });
}

function podWith(volumes: Volume[], spec: object = {}): Pod {
  return podOf({ volumes, ...spec }, { volumeMounts: volumes.map((volume) => ({ name: volume.name, mountPath: `/${volume.name}` })), resources: { limits: { memory: "64Mi" } } });
}

test("each kind of volume is set up, found, and taken down", (t) =>
  inFolder(async (dir) => {
    const objects: Objects = { configMaps: { m: { a: "1", b: "2" } }, secrets: { s: { k: "hidden" } } };
    const manager = managerIn(dir, objects);
    const pod = podWith(
      [
        { name: "scratch", emptyDir: {} },
        { name: "shared", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "config", configMap: { name: "m", items: [{ key: "b", path: "deep/b", mode: 0o400 }] } },
        { name: "key", secret: { secretName: "s" } },
        { name: "down", downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }, { path: "memory", resourceFieldRef: { containerName: "c", resource: "limits.memory", divisor: "1Mi" } }] } },
        { name: "all", projected: { sources: [{ configMap: { name: "m" } }, { secret: { name: "s" } }, { serviceAccountToken: { path: "token", audience: "vault" } }] } },
        { name: "host", hostPath: { path: dir, type: "Directory" } },
      ],
      { securityContext: { fsGroup: 3000 } },
    );
    await manager.prepare(pod);
    await manager.prepare(pod);
    const file = (volume: string, path: string) => readFile(join(manager.find(pod, volume)?.path ?? "", path), "utf8");
    t.deepEqual(await Promise.all([file("config", "deep/b"), file("key", "k"), file("down", "name"), file("down", "memory"), file("all", "a"), file("all", "k"), file("all", "token")]), ["2", "hidden", "p", "64", "1", "hidden", "token for vault"]);
    const scratch = await stat(manager.find(pod, "scratch")?.path ?? "");
    t.deepEqual([scratch.gid, scratch.mode & 0o7777], [3000, 0o2777]);
    const tops = await Promise.all(["shared", "config", "key", "down", "all"].map(async (name) => stat(manager.find(pod, name)?.path ?? "")));
    t.deepEqual(tops.map((found) => [found.gid, (found.mode & 0o7777).toString(8)]), [[3000, "3777"], [3000, "2777"], [3000, "3777"], [3000, "2777"], [3000, "3777"]]);
    t.is((await lstat(join(manager.find(pod, "key")?.path ?? "", "k"))).gid, 3000);
    const token = await stat(join(manager.find(pod, "all")?.path ?? "", "token"));
    t.deepEqual([token.gid, token.mode & 0o777], [3000, 0o640]);
    t.true((await mounter.below(dir)).includes(manager.find(pod, "shared")?.path ?? ""));
    t.is(manager.find(pod, "host")?.path, dir);
    t.deepEqual([manager.find(pod, "config")?.isReadOnly, manager.find(pod, "scratch")?.isReadOnly], [true, false]);
    if (objects.configMaps !== undefined) objects.configMaps["m"] = { a: "new", b: "2" };
    await manager.refresh(pod);
    t.is(await file("all", "a"), "new");
    t.is((await manager.readFile(pod, "all", "a")).text, "new");
    await t.throwsAsync(manager.readFile(pod, "all", "../../../../etc/passwd"));
    await manager.release(pod.metadata.uid ?? "");
    t.deepEqual(await mounter.below(dir), []);
    t.deepEqual(await readdir(join(dir, "pods")), []);
    t.deepEqual(await readdir(join(dir, "secrets")), []);
  }));

test("every failure is named as kubelet names it; the other volumes are set up", (t) =>
  inFolder(async (dir) => {
    const manager = managerIn(dir, { configMaps: { m: { a: "1" } } });
    const pod = podWith([
      { name: "gone", configMap: { name: "nope" } },
      { name: "keyless", configMap: { name: "m", items: [{ key: "b", path: "b" }] } },
      { name: "several", projected: { sources: [{ secret: { name: "x" } }, { configMap: { name: "y" } }] } },
      { name: "host", hostPath: { path: "/not/there", type: "Directory" } },
      { name: "made", hostPath: { path: "/not/there", type: "FileOrCreate" } },
      { name: "socket", hostPath: { path: "/etc/passwd", type: "Socket" } },
      { name: "claim", persistentVolumeClaim: { claimName: "c" } },
      { name: "good", emptyDir: {} },
    ]);
    const error = await t.throwsAsync(manager.prepare(pod), { instanceOf: AggregateError });
    t.deepEqual(
      ((error?.errors ?? []) as Error[]).map((problem) => problem.message).sort(),
      [
        'MountVolume.SetUp failed for volume "claim" : no volume plugin matched: this node has none for persistentVolumeClaim',
        'MountVolume.SetUp failed for volume "gone" : configmap "nope" not found',
        'MountVolume.SetUp failed for volume "host" : hostPath type check failed: /not/there is not a directory',
        'MountVolume.SetUp failed for volume "keyless" : configmap references non-existent config key: b',
        'MountVolume.SetUp failed for volume "made" : open /not/there: no such file or directory',
        'MountVolume.SetUp failed for volume "several" : [secret "x" not found, configmap "y" not found]',
        'MountVolume.SetUp failed for volume "socket" : hostPath type check failed: /etc/passwd is not a socket file',
      ],
    );
    t.true((await lstat(manager.find(pod, "good")?.path ?? "")).isDirectory());
  }));

test("a volume that nobody mounts is not set up, one that only the environment reads is", (t) => {
  const volumes = [{ name: "idle", emptyDir: {} }, { name: "read", emptyDir: {} }, { name: "mounted", emptyDir: {} }];
  const pod = podOf({ volumes }, { volumeMounts: [{ name: "mounted", mountPath: "/m" }], env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "read", path: "f", key: "A" } } }] });
  t.deepEqual(usedVolumes(pod).map((volume) => volume.name), ["read", "mounted"]);
});

test("optional sources may be missing", (t) =>
  inFolder(async (dir) => {
    const manager = managerIn(dir, { configMaps: { m: { a: "1" } } });
    const pod = podWith([{ name: "v", projected: { sources: [{ secret: { name: "x", optional: true } }, { configMap: { name: "m", optional: true, items: [{ key: "nope", path: "n" }] } }] } }]);
    await manager.prepare(pod);
    t.deepEqual((await readdir(manager.find(pod, "v")?.path ?? "")).filter((name) => !name.startsWith("..")), []);
  }));

test("a sub path is bound: folders are made, files are found, and what leads out is refused", (t) =>
  inFolder(async (dir) => {
    const volume = join(dir, "volume");
    await mkdir(join(volume, "inside"), { recursive: true });
    await chmod(volume, 0o777);
    await writeFile(join(volume, "inside", "f"), "data");
    await bindSubPath(volume, "new/deep", join(dir, "t", "0"), mounter);
    await writeFile(join(dir, "t", "0", "x"), "through");
    t.is(await readFile(join(volume, "new", "deep", "x"), "utf8"), "through");
    t.is((await stat(join(volume, "new", "deep"))).mode & 0o7777, 0o777, "not root's alone");
    await bindSubPath(volume, "inside/f", join(dir, "t", "1"), mounter);
    t.is(await readFile(join(dir, "t", "1"), "utf8"), "data");
    // Once more on the same place, as for a restarted container.
    await bindSubPath(volume, "inside/f", join(dir, "t", "1"), mounter);
    t.is((await mounter.below(join(dir, "t"))).length, 2);
    await symlink("/etc", join(volume, "out"));
    await symlink("inside", join(volume, "alias"));
    await bindSubPath(volume, "alias/f", join(dir, "t", "2"), mounter);
    for (const path of ["out", "out/passwd", "out/new", "../x"]) await t.throwsAsync(bindSubPath(volume, path, join(dir, "t", "9"), mounter), { message: /leads out of its volume|must not contain/ }, path);
    // What is said of the two is not the same.
    await t.throwsAsync(bindSubPath(volume, "out/new", join(dir, "t", "9"), mounter), { instanceOf: SubPathNotMade });
    const through = await t.throwsAsync(bindSubPath(volume, "inside/f/x", join(dir, "t", "9"), mounter));
    t.false(through instanceof SubPathNotMade);
  }));

test("where another volume is mounted inside one that containers cannot write, its folder is there", (t) =>
  inFolder(async (dir) => {
    const manager = managerIn(dir, { configMaps: { m: { a: "1" } } });
    const volumes = [{ name: "config", configMap: { name: "m" } }, { name: "scratch", emptyDir: {} }];
    const volumeMounts = [{ name: "scratch", mountPath: "/c/sub/deep" }, { name: "config", mountPath: "/c/" }, { name: "scratch", mountPath: "/c/sub/deep/er" }, { name: "scratch", mountPath: "/c2/no" }];
    const pod = podOf({ volumes, initContainers: [containerOf("i", { volumeMounts: [{ name: "config", mountPath: "/x" }, { name: "scratch", mountPath: "/x/own" }] })] }, { volumeMounts });
    await manager.prepare(pod);
    await manager.refresh(pod);
    const top = manager.find(pod, "config")?.path ?? "";
    t.deepEqual((await readdir(top)).filter((name) => !name.startsWith("..")).sort(), ["a", "own", "sub"]);
    t.deepEqual(await readdir(join(top, "sub")), ["deep"]);
  }));

test("disk usage counts blocks, follows no links, and stops at the limit", (t) =>
  inFolder(async (dir) => {
    await mkdir(join(dir, "d"));
    await writeFile(join(dir, "d", "f"), Buffer.alloc(100_000, 1));
    await symlink("/usr", join(dir, "usr"));
    const used = await diskUsage(dir, 1e9);
    t.true(used >= 100_000 && used < 200_000, `${used}`);
    t.true((await diskUsage("/usr", 1_000_000)) >= 1_000_000);
  }));

test("mount points with blanks in their names", (t) => {
  t.deepEqual(parseMountPoints("22 1 0:1 / /a\\040b rw - tmpfs x rw\n23 1 0:1 / /c rw - tmpfs x rw\n"), ["/a b", "/c"]);
});
