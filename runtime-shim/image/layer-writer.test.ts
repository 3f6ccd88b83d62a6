import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { systemClock } from "../../lib/clock.ts";
import { mountLayers, unmountRootfs } from "../container/rootfs.ts";
import { run } from "../os/processes.ts";
import { sha256 } from "./ingest.ts";
import { LayerStore } from "./layer-store.ts";
import { writeTar, type TarInput } from "./tar-writer.ts";
import { unpackLayer } from "./unpack.ts";

const limits = { bytes: 1 << 20, entries: 1000 };
const text = (path: string, content: string): TarInput => ({ path, content: Buffer.from(content) });

/** A directory with a canary beside the place where layers are unpacked; the test fails when the canary or its neighbours change. */
function place(t: ExecutionContext): { base: string; target: string } {
  const base = mkdtempSync(join(tmpdir(), "berth-layer-"));
  const target = join(base, "in", "layer");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(base, "canary"), "untouched");
  mkdirSync(join(base, "etc"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  return { base, target };
}

function assertContained(t: ExecutionContext, base: string): void {
  t.is(readFileSync(join(base, "canary"), "utf8"), "untouched");
  t.false(existsSync(join(base, "etc", "evil")) || existsSync(join(base, "evil")) || existsSync("/berth-evil"));
}

async function unpack(base: string, target: string, tar: Buffer, given = limits) {
  const blob = join(base, "in", "blob");
  writeFileSync(blob, tar);
  return unpackLayer({ blob, target, diffId: sha256(tar), limits: given });
}

test("files, directories, links, owners, modes, times", async (t) => {
  const { base, target } = place(t);
  const unpacked = await unpack(base, target, writeTar([{ path: "d", type: "directory", mode: 0o750, uid: 5, gid: 6 }, { ...text("d/f", "content"), mode: 0o4755, uid: 7 }, { path: "s", type: "symlink", linkPath: "/d/f" }, { path: "h", type: "hardlink", linkPath: "d/f" }, text(`${"long/".repeat(30)}name`, "deep")]));
  t.is(unpacked.bytes, 11);
  const file = lstatSync(join(target, "d/f"));
  t.deepEqual([file.mode & 0o7777, file.uid, file.nlink, file.mtimeMs], [0o4755, 7, 2, 0]);
  t.deepEqual([lstatSync(join(target, "d")).mode & 0o7777, lstatSync(join(target, "d")).gid, lstatSync(join(target, "d")).mtimeMs], [0o750, 6, 0]);
  t.is(readlinkSync(join(target, "s")), "/d/f");
  t.is(readFileSync(join(target, "long/".repeat(30), "name"), "utf8"), "deep");
});

const refused: Record<string, TarInput[]> = {
  "a name with ..": [text("../evil", "x")],
  "a name with .. in the middle": [text("a/../../evil", "x")],
  "a hard link to ..": [{ path: "h", type: "hardlink", linkPath: "../../canary" }],
  "a hard link through a link that leads out": [{ path: "l", type: "symlink", linkPath: "/" }, { path: "h", type: "hardlink", linkPath: "l/etc/passwd" }],
  "a hard link to a directory": [{ path: "d", type: "directory" }, { path: "h", type: "hardlink", linkPath: "d" }],
  "a hard link to nothing": [{ path: "h", type: "hardlink", linkPath: "absent" }],
  "a whiteout of ..": [text(".wh...", "")],
  "a whiteout of nothing": [text(".wh.", "")],
  "a file below a file": [text("f", "x"), text("f/evil", "x")],
  "links in a circle": [{ path: "a", type: "symlink", linkPath: "b" }, { path: "b", type: "symlink", linkPath: "a" }, text("a/x", "x")],
};
for (const [name, entries] of Object.entries(refused)) {
  test(`refused: ${name}`, async (t) => {
    const { base, target } = place(t);
    await t.throwsAsync(unpack(base, target, writeTar(entries)), { message: /layer|links/ });
    assertContained(t, base);
  });
}

const contained: Record<string, [TarInput[], string]> = {
  "an absolute name": [[text("/berth-evil", "x")], "berth-evil"],
  "a file through an absolute link": [[{ path: "l", type: "symlink", linkPath: "/etc" }, text("l/evil", "x")], "etc/evil"],
  "a file through a link with ..": [[{ path: "l", type: "symlink", linkPath: "../../../etc" }, text("l/evil", "x")], "etc/evil"],
  "a link in the place of a directory": [[{ path: "d", type: "directory" }, { path: "d", type: "symlink", linkPath: "../../etc" }, text("d/evil", "x")], "etc/evil"],
  "a link to a link": [[{ path: "a", type: "symlink", linkPath: "/b" }, { path: "b", type: "symlink", linkPath: "../../.." }, text("a/evil", "x")], "evil"],
  "a file over a link": [[{ path: "f", type: "symlink", linkPath: "../../canary" }, text("f", "x")], "f"],
  "a whiteout through a link": [[{ path: "l", type: "symlink", linkPath: "../.." }, text("l/.wh.canary", "")], "canary"],
};
for (const [name, [entries, inside]] of Object.entries(contained)) {
  test(`contained: ${name}`, async (t) => {
    const { base, target } = place(t);
    await unpack(base, target, writeTar(entries));
    assertContained(t, base);
    t.true(lstatSync(join(target, inside)) !== undefined);
  });
}

test("limits: bytes, entries, a size that lies, a compressed bomb", async (t) => {
  const { base, target } = place(t);
  await t.throwsAsync(unpack(base, target, writeTar([{ path: "big", content: Buffer.alloc(2 << 20) }])), { message: /more than 1048576 bytes/ });
  await t.throwsAsync(unpack(base, target, writeTar(Array.from({ length: 1001 }, (_, i) => text(`f${i}`, "")))), { message: /more than 1000 entries/ });
  const lying = writeTar([text("f", "x")]);
  lying.write("77777777777\0", 124, "latin1");
  await t.throwsAsync(unpack(base, target, lying), { message: /checksum|bytes/ });
  const bomb = join(base, "in", "bomb");
  writeFileSync(bomb, gzipSync(writeTar([{ path: "zeros", content: Buffer.alloc(64 << 20) }])));
  await t.throwsAsync(unpackLayer({ blob: bomb, target, diffId: "", limits }), { message: /more than 1048576 bytes/ });
});

test("what is not the promised layer, not a tar, or cut short is refused", async (t) => {
  const { base, target } = place(t);
  const blob = join(base, "in", "blob");
  for (const [content, message] of [[writeTar([text("f", "x")]), /promises/], [Buffer.from("x".repeat(2000)), /not a tar/], [writeTar([{ path: "f", content: Buffer.alloc(5000) }]).subarray(0, 3000), /middle/], [gzipSync(writeTar([text("f", "x")])).subarray(0, 60), /unexpected end|middle/], [zstdCompressSync(Buffer.from("no tar".repeat(200))), /not a tar/]] as const) {
    writeFileSync(blob, content);
    await t.throwsAsync(unpackLayer({ blob, target, diffId: `sha256:${"0".repeat(64)}`, limits }), { message });
  }
});

test("devices: a whiteout in disguise is refused, a FIFO and a device are made with their numbers", async (t) => {
  const { base, target } = place(t);
  const node = (path: string, flag: string, major: number, minor: number) => {
    const tar = writeTar([text(path, "")]);
    tar.write(flag, 156, "latin1");
    tar.write(`${major.toString(8).padStart(7, "0")}\0${minor.toString(8).padStart(7, "0")}\0`, 329, "latin1");
    tar.write("        ", 148, "latin1");
    let sum = 0;
    for (const byte of tar.subarray(0, 512)) sum += byte;
    tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return tar;
  };
  await t.throwsAsync(unpack(base, target, node("hidden", "3", 0, 0)), { message: /0:0/ });
  await unpack(base, target, node("null", "3", 1, 3));
  t.true(lstatSync(join(target, "null")).isCharacterDevice());
  t.is(lstatSync(join(target, "null")).rdev, 0x103);
  await unpack(base, target, node("fifo", "6", 0, 0));
  t.true(lstatSync(join(target, "fifo")).isFIFO());
});

test("whiteouts hide what lower layers have, and only that", async (t) => {
  const { base } = place(t);
  const store = new LayerStore(join(base, "layers"), base);
  store.load();
  const bring = async (...entries: TarInput[]) => {
    const tar = writeTar(entries);
    writeFileSync(join(base, "blob"), tar);
    const target = store.begin();
    const unpacked = await unpackLayer({ blob: join(base, "blob"), target, diffId: sha256(tar), limits });
    return store.commit(sha256(tar), target, unpacked).diffId;
  };
  const lower = await bring(text("gone", "x"), text("kept", "x"), text("dir/old", "x"), text("emptied/old", "x"), text("replaced/old", "x"), text("file", "old"));
  const upper = await bring(text(".wh.gone", ""), text("emptied/.wh..wh..opq", ""), text("emptied/new", "x"), text(".wh.replaced", ""), text("replaced/new", "x"), text("dir/new", "x"), text(".wh.file", ""), text("file", "new"), text(".wh..wh.plnk", ""));
  const mounted = join(base, "mounted");
  mountLayers(store, [lower, upper], join(mounted, "rootfs"));
  t.teardown(() => unmountRootfs(mounted));
  const { stdout } = await run("find", [".", "-type", "f"], { clock: systemClock, cwd: join(mounted, "rootfs") });
  t.deepEqual(stdout.toString().trim().split("\n").sort(), ["./dir/new", "./dir/old", "./emptied/new", "./file", "./kept", "./replaced/new"]);
  t.is(readFileSync(join(mounted, "rootfs/file"), "utf8"), "new");
});

test("many layers are mounted, however long their directory's name", async (t) => {
  const { base } = place(t);
  const deep = join(base, "a-rather-long-name-".repeat(8), "layers");
  mkdirSync(deep, { recursive: true });
  const store = new LayerStore(deep, base);
  store.load();
  const ids: string[] = [];
  for (let i = 0; i < 127; i++) {
    const target = store.begin();
    writeFileSync(join(target, `file-${i}`), "");
    ids.push(store.commit(`sha256:${i}`, target, { bytes: 0, entries: 1 }).diffId);
  }
  const mounted = join(base, "mounted");
  mountLayers(store, ids, join(mounted, "rootfs"));
  t.teardown(() => unmountRootfs(mounted));
  t.true(existsSync(join(mounted, "rootfs/file-0")) && existsSync(join(mounted, "rootfs/file-126")));
});

test("property: whatever the names and links are, nothing outside changes", async (t) => {
  const part = fc.constantFrom("a", "b", "..", ".", "etc", ".wh.a", ".wh..wh..opq", "canary", "");
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  const link = fc.oneof(path, path.map((target) => `/${target}`), fc.constant("../../canary"));
  const entry: fc.Arbitrary<TarInput> = fc.oneof(
    path.map((name): TarInput => ({ path: name, content: Buffer.from("evil") })),
    path.map((name): TarInput => ({ path: name, type: "directory" })),
    fc.tuple(path, link).map(([name, linkPath]): TarInput => ({ path: name, type: "symlink", linkPath })),
    fc.tuple(path, link).map(([name, linkPath]): TarInput => ({ path: name, type: "hardlink", linkPath })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (entries) => {
      const base = mkdtempSync(join(tmpdir(), "berth-layer-"));
      try {
        const target = join(base, "in", "layer");
        mkdirSync(target, { recursive: true });
        writeFileSync(join(base, "canary"), "untouched");
        linkSync(join(base, "canary"), join(base, "canary-link"));
        await unpack(base, target, writeTar(entries)).catch(() => {});
        return readFileSync(join(base, "canary"), "utf8") === "untouched" && lstatSync(join(base, "canary")).nlink === 2 && !existsSync(join(base, "etc")) && !existsSync(join(base, "a")) && !existsSync(join(base, "in/a")) && !existsSync(join(base, "in/etc"));
      } finally {
        rmSync(base, { recursive: true, force: true });
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});
