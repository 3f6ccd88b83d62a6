import test from "ava";
import { decodeJson } from "../codec/json.ts";
import { StatusError } from "../status/errors.ts";
import type { ApiObject } from "../wire.ts";
import { FieldManager } from "./field-manager.ts";
import { mergeTypeOf } from "./merge-type.ts";
import { NO_FILTER, resetFields } from "./reset-fields.ts";
import { customMergeType } from "./structural.ts";

const NOW = "2024-03-01T10:00:00Z";
const LATER = "2024-03-01T10:00:05Z";
const CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap";
const DEPLOYMENT = "io.k8s.api.apps.v1.Deployment";

function managerOf(definition: string, group: string, kind: string, plural: string, subresource = ""): FieldManager {
  return new FieldManager({ group, version: "v1", kind, definition, type: mergeTypeOf(definition), subresource, filter: resetFields(group, plural, subresource, true) });
}

const configMaps = managerOf(CONFIG_MAP, "", "ConfigMap", "configmaps");
const deployments = managerOf(DEPLOYMENT, "apps", "Deployment", "deployments");

function configMap(more: Record<string, unknown>): Record<string, unknown> {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...more };
}

/** A cluster of one object: each write as the API server would do it. */
class OneObject {
  object: ApiObject | undefined;
  readonly #manager: FieldManager;
  readonly #definition: string;

  constructor(manager = configMaps, definition = CONFIG_MAP) {
    this.#manager = manager;
    this.#definition = definition;
  }

  apply(manager: string, config: Record<string, unknown> | undefined, options: { force?: boolean; now?: string } = {}): this {
    const object = this.#manager.apply(this.object, { config, manager, force: options.force ?? false, now: options.now ?? NOW });
    return this.#store(object);
  }

  put(manager: string, body: Record<string, unknown>, now = NOW): this {
    const { object } = decodeJson(this.#definition, JSON.stringify(body), "Strict");
    object.metadata ??= {};
    this.#manager.update(this.object, object, manager, now);
    return this.#store(object);
  }

  #store(object: ApiObject): this {
    this.object = { ...object, metadata: { ...object.metadata, uid: "1" } };
    return this;
  }

  /** `m1 Apply v1 {…}` for each entry. */
  get managers(): string[] {
    return (this.object?.metadata.managedFields ?? []).map((entry) => {
      const { manager, operation, apiVersion, subresource, fieldsV1 } = entry;
      return `${manager} ${operation} ${apiVersion}${subresource === undefined ? "" : `/${subresource}`} ${JSON.stringify(fieldsV1)}`;
    });
  }

  get times(): (string | undefined)[] {
    return (this.object?.metadata.managedFields ?? []).map(({ time }) => time);
  }
}

function statusOf(run: () => unknown): { code: number | undefined; reason: string | undefined; message: string | undefined; fields: unknown } {
  try {
    run();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { code, reason, message, details } = error.status;
    return { code, reason, message, fields: details?.causes?.map((cause) => [cause.reason, cause.message, cause.field]) };
  }
  throw new Error("was not refused");
}

test("apply creates, changes, and leaves alone", (t) => {
  const one = new OneObject().apply("m1", configMap({ data: { k: "v" } }));
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{"f:k":{}}}']);
  one.apply("m1", configMap({ data: { k: "v" } }), { now: LATER });
  t.deepEqual(one.times, [NOW]);
  one.apply("m1", configMap({ data: { k: "w", l: "x" } }), { now: LATER });
  t.deepEqual(one.object?.data, { k: "w", l: "x" });
  t.deepEqual(one.times, [LATER]);
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{"f:k":{},"f:l":{}}}']);
});

test("a field of another manager is a conflict, with force it is taken", (t) => {
  const one = new OneObject().apply("m1", configMap({ data: { k: "v" } }));
  t.deepEqual(
    statusOf(() => one.apply("m2", configMap({ data: { k: "w" } }))),
    { code: 409, reason: "Conflict", message: 'Apply failed with 1 conflict: conflict with "m1": .data.k', fields: [["FieldManagerConflict", 'conflict with "m1"', ".data.k"]] },
  );
  one.apply("m2", configMap({ data: { k: "w" } }), { force: true });
  t.deepEqual(one.managers, ['m2 Apply v1 {"f:data":{"f:k":{}}}']);
});

test("managers that agree share a field; it goes with the last of them", (t) => {
  const one = new OneObject().apply("m1", configMap({ data: { k: "v" } })).apply("m2", configMap({ data: { k: "v" } }));
  t.deepEqual(one.managers, ['m2 Apply v1 {"f:data":{"f:k":{}}}', 'm1 Apply v1 {"f:data":{"f:k":{}}}']);
  // Who found things as he wants them has no time.
  t.deepEqual(one.times, [undefined, NOW]);
  t.is(
    statusOf(() => one.apply("m3", configMap({ data: { k: "x" } }))).message,
    'Apply failed with 2 conflicts: conflicts with "m1":\n- .data.k\nconflicts with "m2":\n- .data.k',
  );
  one.apply("m1", configMap({}));
  t.deepEqual(one.object?.data, { k: "v" });
  one.apply("m2", configMap({}));
  t.is(one.object?.data, undefined);
  t.deepEqual(one.managers, []);
});

test("other writes own what they change, and conflict by name, version and subresource", (t) => {
  const one = new OneObject().put("editor", configMap({ data: { k: "v", l: "w" } })).apply("m1", configMap({ data: { l: "w" } }));
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{"f:l":{}}}', 'editor Update v1 {"f:data":{".":{},"f:k":{},"f:l":{}}}']);
  t.is(statusOf(() => one.apply("m1", configMap({ data: { k: "x" } }))).message, 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.k');
  one.put("", configMap({ data: { k: "z", l: "w" } }), LATER);
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{"f:l":{}}}', 'editor Update v1 {"f:data":{".":{},"f:l":{}}}', 'unknown Update v1 {"f:data":{"f:k":{}}}']);
  one.put("editor", configMap({}), LATER);
  t.deepEqual(one.managers, []);
});

test("the first apply finds who was there before", (t) => {
  const one = new OneObject();
  one.object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", uid: "1" }, data: { k: "v" } };
  // Nobody applied yet: plain writes are not tracked.
  one.put("editor", configMap({ data: { k: "w" } }));
  t.deepEqual(one.managers, []);
  t.is(statusOf(() => one.apply("m1", configMap({ data: { k: "v" } }))).message, 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k');
  one.apply("m1", configMap({ data: { l: "1" } }));
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{"f:l":{}}}', 'before-first-apply Update v1 {"f:data":{".":{},"f:k":{}}}']);
});

test("managedFields in a write: [] and [{}] forget all, good ones are taken, others ignored", (t) => {
  const one = new OneObject().apply("m1", configMap({ data: { k: "v" } }));
  const before = one.managers;
  const entry = { manager: "x", operation: "Update", apiVersion: "v1", time: NOW, fieldsType: "FieldsV1", fieldsV1: { "f:data": { "f:k": {} } } };
  const put = (managedFields: unknown[]): OneObject => one.put("n1", { ...configMap({ data: { k: "v" } }), metadata: { name: "a", uid: "1", managedFields } });
  for (const bad of [{ operation: "Bogus" }, { fieldsV1: { bogus: {} } }, { fieldsType: "FieldsV2" }, { fieldsType: "" }, { apiVersion: "" }]) t.deepEqual(put([{ ...entry, ...bad }]).managers, before);
  t.deepEqual(put([entry]).managers, ['x Update v1 {"f:data":{"f:k":{}}}']);
  // A version that is not served: nobody's paths.
  t.deepEqual(put([{ ...entry, apiVersion: "v7" }]).managers, []);
  t.deepEqual(put([{}]).managers, []);
  t.deepEqual(new OneObject().apply("m1", configMap({ data: { k: "v" } })).put("n1", { ...configMap({ data: { k: "v" } }), metadata: { name: "a", uid: "1", managedFields: [] } }).managers, []);
});

test("an empty list or map of a configuration is a value all the same: who applied one is in the way of others", (t) => {
  const one = new OneObject().apply("m1", { ...configMap({ data: {} }), metadata: { name: "a", annotations: {} } });
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{},"f:metadata":{"f:annotations":{}}}']);
  const conflict = 'Apply failed with 2 conflicts: conflicts with "m1":\n- .data\n- .metadata.annotations';
  for (const other of [{}, { k: "v" }]) t.is(statusOf(() => one.apply("m2", { ...configMap({ data: other }), metadata: { name: "a", annotations: other } })).message, conflict);
});

test("a map that loses what is in it for a null is empty, not null", (t) => {
  const type = customMergeType({ type: "object", properties: { spec: { type: "object", properties: { map: { type: "object", additionalProperties: { type: "string" } } } } } });
  const manager = new FieldManager({ group: "example.com", version: "v1", kind: "Widget", definition: undefined, type, subresource: "", filter: NO_FILTER });
  const widget = (spec: unknown) => ({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "a" }, spec });
  const one = new OneObject(manager, "").apply("m1", widget({ map: { a: "b" } })).apply("m1", widget({ map: null }));
  t.deepEqual(one.object?.["spec"], { map: {} });
});

test("what the server decides is nobody's", (t) => {
  const one = new OneObject().put("m", { ...configMap({ data: { k: "v" } }), metadata: { name: "a", namespace: "n", uid: "1", resourceVersion: "5", generation: 3, creationTimestamp: NOW, labels: { a: "b" } } });
  t.deepEqual(one.managers, ['m Update v1 {"f:data":{".":{},"f:k":{}},"f:metadata":{"f:labels":{".":{},"f:a":{}}}}']);
});

test("plain writers beyond ten share an entry", (t) => {
  const one = new OneObject();
  const data: Record<string, string> = {};
  for (let i = 0; i < 14; i++) {
    data[`k${i}`] = "v";
    one.put(`n${String(i).padStart(2, "0")}`, configMap({ data: { ...data } }), `2024-03-01T10:00:${String(i).padStart(2, "0")}Z`);
  }
  t.is(one.managers.length, 10);
  t.is(one.managers[0], 'ancient-changes Update v1 {"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{},"f:k4":{}}}');
  t.is(one.times[0], "2024-03-01T10:00:04Z");
});

test("thousands of managers in one request take no time: they are put together two and two", (t) => {
  const entries = (operation: string): unknown[] => Array.from({ length: 4_000 }, (_, i) => ({ manager: `m${i}`, operation, apiVersion: "v1", time: NOW, fieldsType: "FieldsV1", fieldsV1: { "f:data": { [`f:k${i}`]: {} } } }));
  const data = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`k${i}`, "v"]));
  const started = process.cpuUsage();
  const put = (managedFields: unknown[]): OneObject => new OneObject().put("n", configMap({ data })).put("n", { ...configMap({ data }), metadata: { name: "a", uid: "1", managedFields } });
  t.is(put(entries("Update")).managers.length, 10);
  t.is(put(entries("Apply")).apply("m1", configMap({ data: { k0: "v" } })).managers.length, 4_000);
  t.true(process.cpuUsage(started).user < 5_000_000);
});

test("what is no configuration of the kind is refused in Kubernetes' words", (t) => {
  const one = new OneObject();
  t.is(statusOf(() => one.apply("m1", undefined)).message, "invalid object type: /, Kind=");
  t.is(statusOf(() => one.apply("m1", { apiVersion: "apps/v1", kind: "ConfigMap" })).message, "invalid object type: apps/v1, Kind=ConfigMap");
  t.is(statusOf(() => one.apply("m1", { apiVersion: "v1", kind: "Secret" })).message, "invalid object type: /v1, Kind=Secret");
  t.is(statusOf(() => one.apply("m1", { apiVersion: "a/b/c", kind: "ConfigMap" })).message, "invalid object type: /, Kind=");
  t.deepEqual(statusOf(() => one.apply("m1", { ...configMap({}), metadata: { name: "a", managedFields: [] } })).code, 400);
  const unknown = statusOf(() => one.apply("m1", configMap({ bogus: 1 })));
  t.deepEqual([unknown.code, unknown.message], [500, "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .bogus: field not declared in schema"]);
  t.is(statusOf(() => one.apply("m1", { ...configMap({ data: ["x"] }), metadata: { name: "a", namespace: "n" } })).message, "failed to create typed patch object (n/a; /v1, Kind=ConfigMap): .data: expected map, got &{[x]}");
  t.is(statusOf(() => one.apply("m1", configMap({ data: { k: 1 } }))).message, "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.k: expected string, got &value.valueUnstructured{Value:1}");
});

function deployment(containers: unknown[], more: Record<string, unknown> = {}): Record<string, unknown> {
  const template = { metadata: { labels: { app: "d" } }, spec: { containers } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec: { selector: { matchLabels: { app: "d" } }, template, ...more } };
}

function containersOf(one: OneObject): Record<string, unknown>[] {
  return (one.object as unknown as { spec: { template: { spec: { containers: Record<string, unknown>[] } } } }).spec.template.spec.containers;
}

test("items of keyed lists are owned and merged one by one, in the order of who applies", (t) => {
  const one = new OneObject(deployments, DEPLOYMENT).apply("m1", deployment([{ name: "a", image: "i" }, { name: "b", image: "i" }]));
  const second = { apiVersion: "apps/v1", kind: "Deployment", spec: { template: { spec: { containers: [{ name: "z", image: "i" }, { name: "b", workingDir: "/x" }] } } } };
  one.apply("m2", second);
  t.deepEqual(containersOf(one).map(({ name }) => name), ["a", "z", "b"]);
  t.is(one.managers[1], 'm2 Apply apps/v1 {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"b\\"}":{".":{},"f:name":{},"f:workingDir":{}},"k:{\\"name\\":\\"z\\"}":{".":{},"f:image":{},"f:name":{}}}}}}}');
  one.apply("m1", deployment([{ name: "b", image: "i" }, { name: "a", image: "i" }]));
  t.deepEqual(containersOf(one).map(({ name }) => name), ["z", "b", "a"]);
  // What only one of them has goes with him; what both have stays.
  one.apply("m1", deployment([{ name: "a", image: "i" }]));
  t.deepEqual(containersOf(one), [{ name: "z", image: "i", resources: {} }, { name: "b", workingDir: "/x", resources: {} }, { name: "a", image: "i", resources: {} }]);
});

test("atomic lists are owned as one", (t) => {
  const one = new OneObject(deployments, DEPLOYMENT).apply("m1", deployment([{ name: "c", image: "i", args: ["x"] }]));
  const message = statusOf(() => one.apply("m2", deployment([{ name: "c", args: ["x", "y"] }]))).message;
  t.is(message, 'Apply failed with 1 conflict: conflict with "m1": .spec.template.spec.containers[name="c"].args');
});

test("a keyed item that stands twice is owned as a whole and cannot be applied to", (t) => {
  const env = [{ name: "A", value: "1" }, { name: "A", value: "2" }, { name: "B", value: "1" }];
  const one = new OneObject(deployments, DEPLOYMENT).put("creator", deployment([{ name: "c", image: "i", env }]));
  t.true(one.managers[0]?.includes('"f:env":{".":{},"k:{\\"name\\":\\"A\\"}":{},"k:{\\"name\\":\\"B\\"}":{".":{},"f:name":{},"f:value":{}}}'));
  const twice = statusOf(() => one.apply("m1", deployment([{ name: "c", env: [{ name: "A" }, { name: "A" }] }])));
  t.is(twice.message, 'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].env: duplicate entries for key [name="A"]');
  one.apply("m1", deployment([{ name: "c", env: [{ name: "B", value: "1" }] }]));
  t.is(statusOf(() => one.apply("m1", deployment([{ name: "c", env: [{ name: "A", value: "3" }] }]))).message, 'Apply failed with 1 conflict: conflict with "creator" using apps/v1: .spec.template.spec.containers[name="c"].env[name="A"]');
});

test("status is not the main resource's, spec and labels are not the status subresource's", (t) => {
  const one = new OneObject(deployments, DEPLOYMENT).apply("m1", { ...deployment([{ name: "c", image: "i" }]), status: { replicas: 3 } });
  t.false(one.managers[0]?.includes("f:status"));
  const status = managerOf(DEPLOYMENT, "apps", "Deployment", "deployments", "status");
  const next = decodeJson(DEPLOYMENT, JSON.stringify({ ...one.object, metadata: { ...one.object?.metadata, labels: { a: "b" } }, spec: { replicas: 9 }, status: { replicas: 4 } }), "Strict").object;
  status.update(one.object, next, "ctl", LATER);
  one.object = next;
  t.is(one.managers.at(-1), 'ctl Update apps/v1/status {"f:status":{"f:replicas":{}}}');
  t.is(one.managers.length, 2);
});

const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

test("kubectl takes over what its own client-side apply left, and keeps its record true", (t) => {
  const last = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { annotations: {}, name: "a" }, data: { k: "v", l: "w" } });
  const body = { ...configMap({ data: { k: "v", l: "changed" } }), metadata: { name: "a", annotations: { [ANNOTATION]: last } } };
  const one = new OneObject().put("kubectl-client-side-apply", body);
  t.is(statusOf(() => one.apply("other", configMap({ data: { k: "2" } }))).code, 409);
  // Somebody changed l since: that one is a conflict.
  t.is(statusOf(() => one.apply("kubectl", configMap({ data: { k: "2", l: "3" } }))).message, 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.l');
  one.apply("kubectl", configMap({ data: { k: "2" } }));
  t.deepEqual(one.object?.data, { k: "2", l: "changed" });
  t.is(one.object?.metadata.annotations?.[ANNOTATION], '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"a"}}\n');
});

test("a configuration that no object of the kind can hold is refused", (t) => {
  const one = new OneObject(deployments, DEPLOYMENT);
  const refused = statusOf(() => one.apply("m1", deployment([{ name: "c", image: "i", resources: { limits: { cpu: "much" } } }])));
  t.is(refused.code, 500);
  t.regex(refused.message ?? "", /^failed to convert new object \(\/d; apps\/v1, Kind=Deployment\) to proper version: unable to convert unstructured object to apps\/v1, Kind=Deployment: quantities must match/);
});

test("names that objects inherit are keys like any other", (t) => {
  const config = JSON.parse('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"x","constructor":"y","toString":"z"}}') as Record<string, unknown>;
  const one = new OneObject().apply("m1", config);
  t.is(JSON.stringify(one.object?.data), '{"__proto__":"x","constructor":"y","toString":"z"}');
  one.apply("m1", configMap({ data: { toString: "z" } }));
  t.deepEqual(Object.keys(one.object?.data as object), ["toString"]);
  t.deepEqual(one.managers, ['m1 Apply v1 {"f:data":{"f:toString":{}}}']);
});
