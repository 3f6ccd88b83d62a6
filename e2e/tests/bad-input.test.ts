import { readFileSync } from "node:fs";
import test from "ava";
import { LoopbackServer } from "../harness/loopback-server.ts";
import { type RawAnswer, type RawCall, rawClient } from "../harness/raw-client.ts";

/** A server process on loopback of the test's own namespace: only requests to 127.0.0.1 are sent. */
const server = new LoopbackServer();
let send: (call: RawCall) => Promise<RawAnswer>;

const PODS = "/api/v1/namespaces/default/pods";
const CONFIGMAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

test.before(async () => {
  await server.start();
  send = rawClient(server.kubeconfig);
});

test.after.always(() => server.stop());

const post = (path: string, body: unknown, query = "?fieldValidation=Strict") => send({ method: "POST", path: path + query, body: typeof body === "string" ? body : JSON.stringify(body) });
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec: { containers: [{ name: "c", image: "x" }], ...spec } });
const deployment = (name: string, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: { replicas: 0, selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "x" }] } }, ...spec },
});
const rssMib = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

interface Refusal {
  readonly title: string;
  readonly call: () => Promise<RawAnswer>;
  readonly code: number;
  readonly reason?: string;
  readonly message?: RegExp;
  readonly field?: string;
  /** What must not be there afterwards. */
  readonly absent?: string;
}

const refusals: readonly Refusal[] = [
  { title: "an unknown kind", call: () => post("/apis/apps/v1/namespaces/default/widgets", { apiVersion: "apps/v1", kind: "Widget", metadata: { name: "w" } }), code: 404, reason: "NotFound" },
  { title: "an unknown field", call: () => post(PODS, pod("unknown", { contaners: [] })), code: 400, reason: "BadRequest", message: /unknown field "spec\.contaners"/, absent: `${PODS}/unknown` },
  { title: "a wrong type", call: () => post(DEPLOYMENTS, deployment("typed", { replicas: "three" })), code: 400, reason: "BadRequest", absent: `${DEPLOYMENTS}/typed` },
  { title: "a missing required field", call: () => post(PODS, pod("bare", { containers: [] })), code: 422, reason: "Invalid", field: "spec.containers", absent: `${PODS}/bare` },
  { title: "a bad name", call: () => post(PODS, pod("Not_A_Name")), code: 422, reason: "Invalid", field: "metadata.name" },
  { title: "a bad label", call: () => post(PODS, pod("labelled", {}, { labels: { "a b": "c" } })), code: 422, reason: "Invalid", field: "metadata.labels", absent: `${PODS}/labelled` },
  { title: "the quantity 1.5.5Gi", call: () => post(PODS, pod("quantity", { containers: [{ name: "c", image: "x", resources: { limits: { memory: "1.5.5Gi" } } }] })), code: 400, reason: "BadRequest", message: /quantities must match the regular expression/, absent: `${PODS}/quantity` },
  { title: "negative replicas", call: () => post(DEPLOYMENTS, deployment("negative", { replicas: -1 })), code: 422, reason: "Invalid", field: "spec.replicas", absent: `${DEPLOYMENTS}/negative` },
  { title: "a selector that does not match the template", call: () => post(DEPLOYMENTS, deployment("mismatch", { selector: { matchLabels: { a: "c" } } })), code: 422, reason: "Invalid", field: "spec.template.metadata.labels", absent: `${DEPLOYMENTS}/mismatch` },
  { title: "JSON nested 10,000 deep", call: () => post(CONFIGMAPS, `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`), code: 400, reason: "BadRequest" },
  {
    title: "a YAML alias bomb",
    call: () => send({ method: "POST", path: CONFIGMAPS, contentType: "application/yaml", body: ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: bomb}", "a: &a [x,x,x,x,x,x,x,x,x,x]", ..."bcdefghij".split("").map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefghij"[index]}`).join(",")}]`)].join("\n") }),
    code: 400,
    reason: "BadRequest",
    absent: `${CONFIGMAPS}/bomb`,
  },
  { title: "duplicate keys", call: () => post(CONFIGMAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"}}'), code: 400, reason: "BadRequest", message: /duplicate field "data\.a"|duplicate field/, absent: `${CONFIGMAPS}/twice` },
  { title: "__proto__ keys", call: () => post(CONFIGMAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"__proto__":{"polluted":"yes"}}'), code: 400, reason: "BadRequest", absent: `${CONFIGMAPS}/proto` },
  { title: "the name ..", call: () => post(CONFIGMAPS, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: ".." } }), code: 422, reason: "Invalid", field: "metadata.name" },
  { title: "a name with %2f", call: () => send({ method: "GET", path: `${CONFIGMAPS}/a%2fb` }), code: 404 },
  { title: "a body that is no JSON", call: () => post(CONFIGMAPS, "nonsense"), code: 400, reason: "BadRequest" },
  { title: "a PUT of a name that is not there", call: () => send({ method: "PUT", path: `${PODS}/absent`, body: JSON.stringify(pod("absent")) }), code: 404, reason: "NotFound" },
];

for (const refusal of refusals)
  test.serial(`refused: ${refusal.title}`, async (t) => {
    const answer = await refusal.call();
    t.is(answer.code, refusal.code, JSON.stringify(answer.body).slice(0, 1000));
    if (refusal.reason !== undefined) {
      t.is(answer.body.kind, "Status");
      t.is(answer.body.reason, refusal.reason);
    }
    if (refusal.message !== undefined) t.regex(answer.body.message ?? "", refusal.message);
    if (refusal.field !== undefined) t.true(answer.body.details?.causes?.some((cause) => cause.field === refusal.field), JSON.stringify(answer.body.details));
    if (refusal.absent !== undefined) t.is((await send({ method: "GET", path: refusal.absent })).code, 404);
    t.true(server.running());
  });

test.serial("refused: an immutable field that changes, and a stale resourceVersion", async (t) => {
  const created = await post(DEPLOYMENTS, deployment("fixed"));
  t.is(created.code, 201);
  const immutable = await send({ method: "PATCH", path: `${DEPLOYMENTS}/fixed`, contentType: "application/merge-patch+json", body: JSON.stringify({ spec: { selector: { matchLabels: { a: "c" } }, template: { metadata: { labels: { a: "c" } } } } }) });
  t.is(immutable.code, 422);
  t.true(immutable.body.details?.causes?.some((cause) => cause.field === "spec.selector" && /immutable/.test(cause.message ?? "")));
  await send({ method: "PATCH", path: `${DEPLOYMENTS}/fixed`, contentType: "application/merge-patch+json", body: JSON.stringify({ metadata: { labels: { moved: "on" } } }) });
  const stale = await send({ method: "PUT", path: `${DEPLOYMENTS}/fixed`, body: JSON.stringify(created.body) });
  t.is(stale.code, 409);
  t.is(stale.body.reason, "Conflict");
  t.regex(stale.body.message ?? "", /the object has been modified/);
});

test.serial("refused: bodies of 3 MiB + 1, with flat memory", async (t) => {
  const body = Buffer.alloc(3 * 1024 * 1024 + 1, " ");
  // As many as are measured: the young generation has all the room that it ever takes.
  for (let i = 0; i < 50; i++) await send({ method: "POST", path: CONFIGMAPS, body });
  const before = rssMib();
  for (let i = 0; i < 50; i++) {
    const answer = await send({ method: "POST", path: CONFIGMAPS, body });
    t.is(answer.code, 413);
  }
  t.true(rssMib() - before < 40, `${before} → ${rssMib()} MiB`);
});
