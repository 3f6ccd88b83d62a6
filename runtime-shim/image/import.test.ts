import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import { importImage } from "../shim.ts";
import { startShim, type TestShim } from "../testing/start-shim.ts";
import { buildImage, buildImageArchive } from "./build.ts";
import { writeTar } from "./tar-writer.ts";

let shim: TestShim;
let scratch: string;

test.before(async () => {
  shim = await startShim({ podCidr: null, importImage: false });
  scratch = mkdtempSync(join(tmpdir(), "berth-import-"));
});
test.after.always(async () => {
  await shim.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const recipe = (content: string) => ({ name: `localhost/${content}:1`, arch: process.arch, cmd: ["/a"], layers: [[{ path: "a", content: Buffer.from(content) }], [{ path: "b", content: Buffer.from(`b ${content}`) }]] });
const write = (name: string, content: Buffer): string => {
  writeFileSync(join(scratch, name), content);
  return join(scratch, name);
};

test("the same recipe gives the same bytes", (t) => {
  t.deepEqual(buildImageArchive(recipe("same")), buildImageArchive(recipe("same")));
});

test("an OCI archive, plain and compressed; again is fine", async (t) => {
  const archive = buildImageArchive(recipe("oci"));
  const { id } = buildImage(recipe("oci"));
  for (const content of [archive, gzipSync(archive), archive]) t.deepEqual(await importImage(shim.endpoint, write("oci.tar", content)), [{ id, names: ["localhost/oci:1"] }]);
  const { image } = await shim.client.call("ImageStatus", { image: { image: id.slice("sha256:".length, 20) } });
  t.like(image, { id, repoTags: ["localhost/oci:1"] });
});

test("an OCI layout directory, whose blobs may not be links out of it", async (t) => {
  const built = buildImage(recipe("layout"));
  const directory = join(scratch, "layout");
  const put = (name: string, content: Buffer | string) => {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  };
  put("oci-layout", "{}");
  put("index.json", JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: built.manifestDigest, size: built.manifest.length, annotations: { "org.opencontainers.image.ref.name": "localhost/layout:1" } }] }));
  for (const [digest, blob] of [...built.blobs, [built.manifestDigest, built.manifest] as const]) put(`blobs/sha256/${digest.slice(7)}`, blob);
  t.deepEqual(await importImage(shim.endpoint, directory), [{ id: built.id, names: ["localhost/layout:1"] }]);
  rmSync(join(directory, "blobs/sha256", built.manifestDigest.slice(7)));
  symlinkSync("/etc/passwd", join(directory, "blobs/sha256", built.manifestDigest.slice(7)));
  await t.throwsAsync(importImage(shim.endpoint, directory), { message: /has no blob/ });
});

test("a Docker archive, with a layer that repeats as a link", async (t) => {
  const built = buildImage(recipe("docker"));
  const manifest = JSON.parse(built.manifest.toString()) as { config: { digest: string }; layers: { digest: string }[] };
  const blob = (digest: string) => built.blobs.get(digest) as Buffer;
  const [first, second] = manifest.layers as [{ digest: string }, { digest: string }];
  const archive = writeTar([
    { path: "config.json", content: blob(manifest.config.digest) },
    { path: "x/layer.tar", content: blob(first.digest) },
    { path: "y/real.tar", content: blob(second.digest) },
    { path: "y/layer.tar", type: "symlink", linkPath: "../y/real.tar" },
    { path: "manifest.json", content: Buffer.from(JSON.stringify([{ Config: "config.json", RepoTags: ["docker:1"], Layers: ["x/layer.tar", "y/layer.tar"] }])) },
  ]);
  t.deepEqual(await importImage(shim.endpoint, write("docker.tar", archive)), [{ id: built.id, names: ["docker.io/library/docker:1"] }]);
});

test.serial("what is no image, or damaged, is refused with a reason, and leaves nothing", async (t) => {
  const before = (await shim.client.call("ListImages", {})).images.length;
  await t.throwsAsync(importImage(shim.endpoint, write("text", Buffer.from("no archive".repeat(200)))), { message: /not a tar/ });
  await t.throwsAsync(importImage(shim.endpoint, write("empty.tar", writeTar([]))), { message: /neither an OCI image layout/ });
  await t.throwsAsync(importImage(shim.endpoint, join(scratch, "absent")), { message: /ENOENT|no such file/ });
  await t.throwsAsync(importImage(shim.endpoint, "relative"), { message: /absolute/ });
  const damaged = buildImageArchive(recipe("damaged"));
  damaged[damaged.lastIndexOf("b damaged")] = 0x63;
  await t.throwsAsync(importImage(shim.endpoint, write("damaged.tar", damaged)), { message: /damaged or forged/ });
  t.is((await shim.client.call("ListImages", {})).images.length, before);
});

test.serial("an image that goes: its layers too, unless another has them", async (t) => {
  const shared = { path: "shared", content: Buffer.from("shared") };
  const make = (name: string) => ({ name: `localhost/${name}:1`, arch: process.arch, cmd: ["/x"], layers: [[shared], [{ path: name, content: Buffer.from(name) }]] });
  for (const name of ["first", "second"]) await importImage(shim.endpoint, write(`${name}.tar`, buildImageArchive(make(name))));
  const used = async () => (await shim.client.call("ImageFsInfo", {})).imageFilesystems[0]?.inodesUsed?.value ?? 0;
  const both = await used();
  await shim.client.call("RemoveImage", { image: { image: "localhost/first:1" } });
  t.is(await used(), both - 1, "the shared layer stays");
  await shim.client.call("RemoveImage", { image: { image: "localhost/second:1" } });
  t.is(await used(), both - 3);
  await shim.client.call("RemoveImage", { image: { image: "localhost/second:1" } });
  t.is((await shim.client.call("ImageStatus", { image: { image: "localhost/second:1" } })).image, undefined);
});
