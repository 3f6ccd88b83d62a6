import test from "ava";
import { decodeMessage, encodeProtobuf, openEnvelope } from "../../api/codec/protobuf.ts";
import { type Http2Client, http2Client } from "../harness/http2-client.ts";
import { LoopbackServer } from "../harness/loopback-server.ts";

/** A server on loopback, and what typed Go clients send it: protobuf over HTTP/2, looked at as bytes. */
const server = new LoopbackServer();
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const CONFIGMAPS = "/api/v1/namespaces/default/configmaps";
const CONFIGMAP = "io.k8s.api.core.v1.ConfigMap";
/** `k8s\0`, then TypeMeta {apiVersion: v1, kind: ConfigMap}. */
const CONFIGMAP_HEAD = "6b387300" + "0a0f" + "0a027631" + "1209" + Buffer.from("ConfigMap").toString("hex");
/** The data {k: v}, then an Unknown's empty contentEncoding and contentType. */
const K_IS_V_TAIL = "1206" + "0a016b" + "120176" + "1a00" + "2200";
let client: Http2Client;

test.before(async () => {
  await server.start();
  client = http2Client(server.kubeconfig);
});

test.after.always(async () => {
  client?.close();
  await server.stop();
});

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const configMap = (name: string) => encodeProtobuf(CONFIGMAP, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { app: "pb" } }, data: { k: "v" } });
const create = (name: string) => client.call({ path: CONFIGMAPS, body: configMap(name), contentType: PROTOBUF, accept: PROTOBUF });

test.serial("create, get, patch and list answer in protobuf, in Kubernetes' envelope", async (t) => {
  const created = await create("one");
  t.is(created.code, 201, created.bytes.toString());
  t.is(created.contentType, PROTOBUF);
  t.true(hex(created.bytes).startsWith(CONFIGMAP_HEAD));
  t.true(hex(created.bytes).endsWith(K_IS_V_TAIL));
  const got = await client.call({ path: `${CONFIGMAPS}/one`, accept: `${PROTOBUF},application/json` });
  t.is(got.contentType, PROTOBUF);
  t.is(hex(got.bytes), hex(created.bytes));
  const json = await client.call({ path: `${CONFIGMAPS}/one` });
  t.is(json.contentType, "application/json");
  const { metadata } = JSON.parse(json.bytes.toString());
  t.like(decodeMessage(CONFIGMAP, openEnvelope(got.bytes).message), { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion }, data: { k: "v" } });
  const patched = await client.call({ method: "PATCH", path: `${CONFIGMAPS}/one`, accept: PROTOBUF, contentType: "application/merge-patch+json", body: Buffer.from('{"metadata":{"labels":{"more":"1"}}}') });
  t.is(patched.contentType, PROTOBUF);
  t.true(hex(patched.bytes).startsWith(CONFIGMAP_HEAD));
  const list = await client.call({ path: `${CONFIGMAPS}?labelSelector=app%3Dpb`, accept: PROTOBUF });
  t.is(list.contentType, PROTOBUF);
  const { kind, message } = openEnvelope(list.bytes);
  t.is(kind, "ConfigMapList");
  // The item of the list is the message of the object alone.
  t.true(hex(message).endsWith(hex(openEnvelope(patched.bytes).message)));
});

test.serial("a watch sends frames with their length before them", async (t) => {
  const watch = await client.open({ path: `${CONFIGMAPS}?watch=1&labelSelector=app%3Dpb&fieldSelector=metadata.name%3Dwatched`, accept: `${PROTOBUF};stream=watch` });
  t.teardown(() => watch.close());
  t.is(watch.code, 200);
  t.is(watch.contentType, `${PROTOBUF};stream=watch`);
  const created = await create("watched");
  const event = async (type: string) => {
    const frame = await watch.take((await watch.take(4)).readUInt32BE());
    // An Unknown's magic is not there: a WatchEvent is framed bare, the object in it is enveloped.
    t.is(hex(frame.subarray(0, 2 + type.length)), `0a${type.length.toString(16).padStart(2, "0")}${Buffer.from(type).toString("hex")}`);
    return frame;
  };
  t.true(hex(await event("ADDED")).endsWith(hex(created.bytes)));
  t.is((await client.call({ method: "DELETE", path: `${CONFIGMAPS}/watched`, accept: PROTOBUF })).contentType, PROTOBUF);
  t.true(hex(await event("DELETED")).includes(CONFIGMAP_HEAD));
});

test.serial("metadata alone, as one object and as a list, and errors as a Status", async (t) => {
  const one = await client.call({ path: `${CONFIGMAPS}/one`, accept: `${PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1` });
  t.is(one.code, 200);
  const partial = openEnvelope(one.bytes);
  t.is(`${partial.apiVersion} ${partial.kind}`, "meta.k8s.io/v1 PartialObjectMetadata");
  const list = openEnvelope((await client.call({ path: `${CONFIGMAPS}?labelSelector=app%3Dpb`, accept: `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1` })).bytes);
  t.is(`${list.apiVersion} ${list.kind}`, "meta.k8s.io/v1 PartialObjectMetadataList");
  t.true(hex(list.message).endsWith(hex(partial.message)));
  const absent = await client.call({ path: `${CONFIGMAPS}/absent`, accept: PROTOBUF });
  t.is(absent.code, 404);
  t.is(absent.contentType, PROTOBUF);
  t.is(openEnvelope(absent.bytes).kind, "Status");
  t.true(absent.bytes.includes('configmaps "absent" not found'));
});

test.serial("a Table comes as JSON where protobuf was only preferred, and has no protobuf form itself", async (t) => {
  const table = await client.call({ path: CONFIGMAPS, accept: `application/json;as=Table;v=v1;g=meta.k8s.io,${PROTOBUF}` });
  t.is(table.code, 200);
  t.is(JSON.parse(table.bytes.toString()).kind, "Table");
  const alone = await client.call({ path: CONFIGMAPS, accept: `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io` });
  t.is(alone.code, 406, alone.bytes.toString());
});

test.serial("what is not spoken is refused: 415 for a body, 406 for an answer, 400 for a broken one", async (t) => {
  const cbor = await client.call({ path: CONFIGMAPS, body: Buffer.from("a0", "hex"), contentType: "application/cbor", accept: PROTOBUF });
  t.is(cbor.code, 415);
  t.is(openEnvelope(cbor.bytes).kind, "Status");
  t.is((await client.call({ path: `${CONFIGMAPS}/one`, accept: "application/cbor" })).code, 406);
  t.is((await client.call({ path: `${CONFIGMAPS}/one`, accept: `application/cbor,${PROTOBUF}` })).contentType, PROTOBUF);
  t.is((await client.call({ path: `${CONFIGMAPS}/one`, accept: "image/png" })).code, 406);
  t.is((await client.call({ path: CONFIGMAPS, body: configMap("broken").subarray(0, 30), contentType: PROTOBUF })).code, 400);
  t.is((await client.call({ path: CONFIGMAPS, body: Buffer.from("no magic"), contentType: PROTOBUF })).code, 400);
  t.is((await client.call({ path: `${CONFIGMAPS}/broken` })).code, 404);
});
