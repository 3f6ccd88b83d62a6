import test from "ava";
import { bigDefinition } from "../../testing/big-definition.ts";
import { DEFINITIONS, definitionOf, establish, removeDefinition } from "../../testing/custom-definitions.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});

test.after.always(async () => {
  client?.close();
  await server?.stop();
});

const withSpec = (spec: object) => ({ type: "object", properties: { spec } });
const pathOf = (plural: string) => `/apis/example.com/v1/namespaces/default/${plural}`;
const objectOf = (kind: string, name: string, spec: unknown) => ({ apiVersion: "example.com/v1", kind, metadata: { name }, spec });

/** CPU seconds that a piece of work took this process. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

test.serial("a pattern that backtracks for ever elsewhere takes linear time", async (t) => {
  await establish(client, definitionOf("patterns", { schema: withSpec({ type: "object", properties: { text: { type: "string", pattern: "^(a+)+$|^(a|aa)+b$|^(.*)*x$" } } }) }));
  const text = `${"a".repeat(50_000)}!`;
  const seconds = await cpuOf(async () => {
    const { status, body } = await client.post(pathOf("patterns"), objectOf("Pattern", "long", { text }));
    t.is(status, 422);
    t.regex(body.message, /spec\.text in body should match/);
  });
  t.true(seconds < 10, `${seconds} s`);
});

test.serial("rules whose cost cannot be bounded are refused with their definition", async (t) => {
  const rule = (text: string) => definitionOf("endless", { names: { kind: "Endless", singular: "endless" }, schema: withSpec({ type: "object", properties: { l: { type: "array", items: { type: "array", items: { type: "string" } } }, s: { type: "string" } }, "x-kubernetes-validations": [{ rule: text }] }) });
  for (const text of ["self.l.all(x, x.all(y, self.l.all(z, z.all(w, w != y))))", "self.l.all(x, self.l.all(y, self.l.all(z, true)))"]) {
    const { status, body } = await client.post(DEFINITIONS, rule(text));
    t.is(status, 422);
    t.regex(body.message, /estimated rule cost exceeds budget/);
  }
});

test.serial("a rule that passes the estimate is still stopped by its budget while it runs", async (t) => {
  const items = { type: "array", maxItems: 1_000, items: { type: "string", maxLength: 5 } };
  const rules = Array.from({ length: 9 }, () => ({ rule: "self.l.all(x, self.l.exists(y, y == 'zzzzz'))", message: "cost" }));
  const made = await client.post(DEFINITIONS, definitionOf("costlies", { names: { kind: "Costly", singular: "costly" }, schema: withSpec({ type: "object", properties: { l: items }, "x-kubernetes-validations": rules }) }));
  if (made.status === 201) {
    await removeDefinition(client, "costlies.example.com");
    await establish(client, definitionOf("costlies", { names: { kind: "Costly", singular: "costly" }, schema: withSpec({ type: "object", properties: { l: items }, "x-kubernetes-validations": rules }) }));
    const l = Array.from({ length: 1_000 }, (_, i) => String(i).padStart(5, "0"));
    const seconds = await cpuOf(async () => {
      const { status } = await client.post(pathOf("costlies"), objectOf("Costly", "c", { l }));
      t.is(status, 422);
    });
    t.true(seconds < 20, `${seconds} s`);
  } else t.regex(made.body.message, /cost/);
});

test.serial("schemas as large as a body may be, deep or wide, are judged in time or refused", async (t) => {
  const wide = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`field${i}`, { type: "string", maxLength: 10, description: "A field among many." }]));
  const seconds = await cpuOf(async () => {
    await establish(client, definitionOf("wides", { schema: withSpec({ type: "object", properties: wide }) }));
    const { status, body } = await client.post(pathOf("wides"), objectOf("Wide", "w", { field7: "x", other: 1 }));
    t.is(status, 201);
    t.deepEqual(body.spec, { field7: "x" });
  });
  t.true(seconds < 20, `${seconds} s`);
  await removeDefinition(client, "wides.example.com");
  let deep: Json = { type: "string" };
  for (let i = 0; i < 5_000; i++) deep = { type: "object", properties: { a: deep } };
  const refused = await client.post(DEFINITIONS, definitionOf("deeps", { schema: withSpec(deep) }));
  t.true(refused.status >= 400 && refused.status < 500, refused.text.slice(0, 200));
});

test.serial("an object nested deeper than its schema speaks of is stored or refused, and the server lives", async (t) => {
  await establish(client, definitionOf("nests", {}));
  for (const depth of [500, 5_000]) {
    const text = `{"apiVersion":"example.com/v1","kind":"Nest","metadata":{"name":"n-${depth}"},"spec":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
    const { status } = await client.post(pathOf("nests"), text);
    t.is(status, depth === 500 ? 201 : 400);
  }
  t.is((await client.get(pathOf("nests"))).body.items.length, 1);
});

test.serial("a definition with whole pod templates: its objects are pruned, defaulted and shown in both versions", async (t) => {
  await establish(client, bigDefinition("bigs"));
  const path = "/apis/big.example.com/v1/namespaces/default/bigs";
  const template = { spec: { containers: [{ name: "a", image: "b", bogus: 1, ports: [{ containerPort: 80, hostPort: null }], resources: { limits: { cpu: 1, memory: "1Gi" } } }] } };
  const made = await client.post(path, { apiVersion: "big.example.com/v1", kind: "Big", metadata: { name: "b" }, spec: { template, issuer: { name: "x" } } });
  t.is(made.status, 201);
  t.deepEqual(made.body.spec, { replicas: 1, issuer: { name: "x", kind: "Issuer" }, template: { spec: { containers: [{ name: "a", image: "b", ports: [{ containerPort: 80 }], resources: { limits: { cpu: 1, memory: "1Gi" } } }] } } });
  t.is((await client.get("/apis/big.example.com/v1beta1/namespaces/default/bigs/b")).body.apiVersion, "big.example.com/v1beta1");
  const refused = await client.patch(`${path}/b`, { spec: { issuer: { kind: "Nobody" }, template: { spec: { containers: [{ image: "b" }] } } } });
  t.deepEqual(refused.body.details.causes.map((cause: Json) => cause.field).sort(), ["spec.issuer.kind", "spec.template.spec.containers[0].name"]);
});

test.serial("many definitions at once are all served", async (t) => {
  const count = 60;
  const names = Array.from({ length: count }, (_, i) => `many${i}s`);
  const seconds = await cpuOf(() => Promise.all(names.map((name) => establish(client, definitionOf(name, { group: "many.example.com" })))));
  t.is((await client.get("/apis/many.example.com/v1")).body.resources.length, count);
  // Of one definition nothing depends on how many others there are.
  t.true(seconds < 30, `${seconds} s`);
});
