import test from "ava";
import { startRegistry } from "../testing/registry.ts";
import { startShim, type TestShim } from "../testing/start-shim.ts";
import { buildImage, type BuiltImage } from "./build.ts";

let shim: TestShim;

test.before(async () => {
  shim = await startShim({ podCidr: null, importImage: false });
});
test.after.always(() => shim.stop());

let port = 5000;
const nextPort = () => port++;

/** An image whose two layers have `tag` in them, so that no test finds another's layers in the store. */
function image(tag: string, extra = Buffer.alloc(0)): BuiltImage {
  return buildImage({ name: "x", arch: process.arch, cmd: ["/a"], layers: [[{ path: "a", content: Buffer.from(`a ${tag}`) }], [{ path: "b", content: Buffer.concat([Buffer.from(`b ${tag}`), extra]) }]] });
}

const pull = (name: string, auth?: { username: string; password: string }) => shim.client.call("PullImage", { image: { image: name }, ...(auth === undefined ? {} : { auth }) });
const codeOf = (error: { code?: number }) => error.code;

for (const compression of ["none", "gzip", "zstd"] as const) {
  test(`pulls by tag and by digest, layers ${compression}`, async (t) => {
    const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
    t.teardown(() => registry.close());
    const built = image(compression);
    const digest = registry.add("a/b", "v1", built, compression);
    const byTag = await pull(`${registry.host}/a/b:v1`);
    t.is(byTag.imageRef, built.id);
    const { image: status } = await shim.client.call("ImageStatus", { image: { image: `${registry.host}/a/b:v1` } });
    t.deepEqual(status?.repoTags, [`${registry.host}/a/b:v1`]);
    t.deepEqual(status?.repoDigests, [`${registry.host}/a/b@${digest}`]);
    const byDigest = await pull(`${registry.host}/a/b@${digest}`);
    t.is(byDigest.imageRef, built.id);
    t.is(registry.requests.filter((request) => request.includes("/blobs/")).length, 4, "two layers and a configuration, and the configuration again");
  });
}

test("each digest once, however many pulls want it at the same time", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  const built = image("once");
  for (const name of ["one", "two", "three"]) registry.add(name, "v", built, "gzip");
  let letGo = () => {};
  registry.faults.holdBlobs = new Promise((resolve) => { letGo = resolve; });
  const pulls = ["one", "two", "three", "one"].map((name) => pull(`${registry.host}/${name}:v`));
  // The first blob request is held until every pull has asked for its manifest.
  while (registry.requests.filter((request) => request.includes("/manifests/")).length < 3) await new Promise((resolve) => setImmediate(resolve));
  letGo();
  t.deepEqual((await Promise.all(pulls)).map(({ imageRef }) => imageRef), Array(4).fill(built.id));
  const layers = registry.requests.filter((request) => request.includes("/blobs/") && !request.includes(built.id));
  t.is(layers.length, 2, layers.join("\n"));
});

test("a broken download goes on where it stopped", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  const built = image("resume", Buffer.alloc(300_000, 7));
  registry.add("r", "v", built);
  Object.assign(registry.faults, { breaks: 2, breakAfter_bytes: 100_000 });
  t.is((await pull(`${registry.host}/r:v`)).imageRef, built.id);
  t.true(registry.requests.some((request) => / bytes=[1-9]/.test(request)), registry.requests.join("\n"));
});

test("a registry without ranges is started over with", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  const built = image("no-ranges", Buffer.alloc(300_000, 8));
  registry.add("r", "v", built);
  Object.assign(registry.faults, { breaks: 1, breakAfter_bytes: 100_000, noRanges: true });
  t.is((await pull(`${registry.host}/r:v`)).imageRef, built.id);
});

test("a download that the shim's end broke off is resumed by the next run", async (t) => {
  const own = await startShim({ podCidr: null, importImage: false });
  t.teardown(() => own.stop());
  const registry = await startRegistry({ namespace: own.networkNamespace });
  t.teardown(() => registry.close());
  const built = image("restart", Buffer.alloc(300_000, 9));
  registry.add("r", "v", built);
  Object.assign(registry.faults, { breaks: 100, breakAfter_bytes: 100_000 });
  const broken = own.client.call("PullImage", { image: { image: `${registry.host}/r:v` } });
  while (!registry.requests.some((request) => / bytes=/.test(request))) await new Promise((resolve) => setImmediate(resolve));
  await own.restart();
  await t.throwsAsync(broken);
  registry.faults.breaks = 0;
  registry.requests.length = 0;
  t.is((await own.client.call("PullImage", { image: { image: `${registry.host}/r:v` } })).imageRef, built.id);
  t.true(registry.requests.some((request) => / bytes=[1-9]/.test(request)), registry.requests.join("\n"));
});

test("damaged content is refused", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  registry.add("bad", "v", image("damaged"));
  registry.faults.corruptBlobs = true;
  const error = await t.throwsAsync(pull(`${registry.host}/bad:v`), { message: /damaged or forged/ });
  t.is(codeOf(error as { code?: number }), 2);
  t.is((await shim.client.call("ImageStatus", { image: { image: `${registry.host}/bad:v` } })).image, undefined);
});

for (const scheme of ["basic", "bearer"] as const) {
  test(`logs in by ${scheme}`, async (t) => {
    const login = { scheme, username: "u", password: "pä:ss" };
    const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort(), login });
    t.teardown(() => registry.close());
    const built = image(`login-${scheme}`);
    registry.add("private", "v", built);
    t.is((await pull(`${registry.host}/private:v`, login)).imageRef, built.id);
    const refused = await t.throwsAsync(pull(`${registry.host}/private:v`, { username: "u", password: "wrong" }));
    t.is(codeOf(refused as { code?: number }), 2);
    const anonymous = await t.throwsAsync(pull(`${registry.host}/private:v`));
    t.is(codeOf(anonymous as { code?: number }), 2);
  });
}

test("an index gives the image for this machine", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  const [mine, other] = [image("mine"), image("other")];
  const entries = [[other, "mips"], [mine, process.arch === "x64" ? "amd64" : process.arch]] as const;
  const manifests = entries.map(([built, architecture], index) => ({ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: registry.add("multi", `only-${index}`, built), size: built.manifest.length, platform: { os: "linux", architecture } }));
  const digest = registry.addManifest("multi", "v", { schemaVersion: 2, manifests }, "application/vnd.oci.image.index.v1+json");
  t.is((await pull(`${registry.host}/multi:v`)).imageRef, mine.id);
  const { image: status } = await shim.client.call("ImageStatus", { image: { image: `${registry.host}/multi@${digest}` } });
  t.is(status?.id, mine.id, "the index' digest is a name of the image");
});

test("a tag that moved takes its name from the former image", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  const [before, after] = [image("before"), image("after")];
  registry.add("moving", "v", before);
  await pull(`${registry.host}/moving:v`);
  registry.add("moving", "v", after);
  t.is((await pull(`${registry.host}/moving:v`)).imageRef, after.id);
  const former = await shim.client.call("ImageStatus", { image: { image: before.id } });
  t.deepEqual(former.image?.repoTags, []);
});

test("what is not there, or nobody to ask", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  t.is(codeOf((await t.throwsAsync(pull(`${registry.host}/absent:1`), { message: /failed to pull and unpack image "(\S+absent:1)": failed to resolve reference "\1": \1: not found/ })) as { code?: number }), 5);
  t.is(codeOf((await t.throwsAsync(pull("127.0.0.1:1/x:1"), { message: /failed to resolve reference "127.0.0.1:1\/x:1": failed to do request: .*can't be reached/ })) as { code?: number }), 2);
  t.is(codeOf((await t.throwsAsync(pull("a/UPPER"), { message: /lower case/ })) as { code?: number }), 3);
  registry.faults.manifestStatus = 503;
  t.is(codeOf((await t.throwsAsync(pull(`${registry.host}/absent:1`), { message: /503 Service Unavailable/ })) as { code?: number }), 2);
});

test("a forged manifest that is an image and an index is refused", async (t) => {
  const registry = await startRegistry({ namespace: shim.networkNamespace, port: nextPort() });
  t.teardown(() => registry.close());
  registry.addManifest("forged", "v", { schemaVersion: 2, manifests: [], layers: [], config: {} }, "application/vnd.oci.image.index.v1+json");
  await t.throwsAsync(pull(`${registry.host}/forged:v`), { message: /both an image and an index/ });
});
