import test from "ava";
import { STORES, startServersOn } from "../../testing/both-stores.ts";
import { DEFINITIONS, definitionOf, establish, hasCondition, removeDefinition, untilDefinition } from "../../testing/custom-definitions.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import type { TestServer } from "../../testing/test-server.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

for (const store of STORES) {
  const open: { client: TestClient; server: TestServer; stop(): Promise<void> }[] = [];
  const the = () => open[0]!;

  test.before(`${store}: start`, async () => {
    const servers = await startServersOn(store);
    open.push({ client: new TestClient(servers.server), server: servers.server, stop: () => servers.stop() });
  });

  test.after.always(`${store}: stop`, async () => {
    for (const one of open) {
      one.client.close();
      await one.stop();
    }
  });

  test(`${store}: a definition is accepted, established and served`, async (t) => {
    const { client } = the();
    const made = await client.post(DEFINITIONS, definitionOf("apples"));
    t.is(made.status, 201);
    t.deepEqual(made.body.spec.names, { plural: "apples", singular: "apple", kind: "Apple", listKind: "AppleList" });
    t.deepEqual(made.body.status, { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: ["v1"] });
    const definition = await untilDefinition(client, "apples.example.com", (now) => hasCondition(now, "Established"));
    t.deepEqual(definition.status.conditions.map(({ type, status, reason, message }: Json) => [type, status, reason, message]), [
      ["NamesAccepted", "True", "NoConflicts", "no conflicts found"],
      ["Established", "True", "InitialNamesAccepted", "the initial names have been accepted"],
    ]);
    t.deepEqual(definition.status.acceptedNames, definition.spec.names);
    const listed = await client.get("/apis/example.com/v1/namespaces/default/apples");
    t.is(listed.text.slice(0, listed.text.indexOf(',"metadata"')), '{"apiVersion":"example.com/v1","items":[],"kind":"AppleList"');
    t.is(listed.body.metadata.continue, "");
  });

  test.serial(`${store}: discovery, old and aggregated, changes with the definitions`, async (t) => {
    const { client } = the();
    const before = await client.get("/apis", { accept: AGGREGATED });
    t.is((await client.get("/apis/discovered.example.com")).status, 404);
    await establish(client, definitionOf("pears", { group: "discovered.example.com", names: { shortNames: ["pr"], categories: ["fruit"] }, version: { subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } } } }));
    const list = await client.get("/apis/discovered.example.com/v1");
    t.deepEqual(list.body.resources.map(({ name, verbs, shortNames, categories }: Json) => [name, verbs.join(), shortNames, categories]), [
      ["pears", "delete,deletecollection,get,list,patch,create,update,watch", ["pr"], ["fruit"]],
      ["pears/status", "get,patch,update", undefined, undefined],
      ["pears/scale", "get,patch,update", undefined, undefined],
    ]);
    const after = await client.get("/apis", { accept: AGGREGATED });
    t.not(after.headers.etag, before.headers.etag);
    const group = after.body.items.find((one: Json) => one.metadata.name === "discovered.example.com");
    t.deepEqual(group.versions[0].resources[0].responseKind, { group: "discovered.example.com", version: "v1", kind: "Pear" });
    t.is((await client.get("/apis", { accept: AGGREGATED, headers: { "if-none-match": after.headers.etag! } })).status, 304);
    await removeDefinition(client, "pears.discovered.example.com");
    t.is((await client.get("/apis/discovered.example.com")).status, 404);
    t.not((await client.get("/apis", { accept: AGGREGATED })).headers.etag, after.headers.etag);
  });

  test(`${store}: OpenAPI documents come and go with the definitions`, async (t) => {
    const { client } = the();
    const schema = { type: "object", description: "A plum.", properties: { spec: { type: "object", properties: { ripe: { type: "boolean", description: "Whether it is." }, size: { "x-kubernetes-int-or-string": true } } } } };
    await establish(client, definitionOf("plums", { group: "documented.example.com", schema }));
    const index = await client.get("/openapi/v3");
    const { serverRelativeURL: url } = index.body.paths["apis/documented.example.com/v1"];
    const document = await client.get(url);
    t.is(document.status, 200);
    const { schemas } = document.body.components;
    t.is(schemas["com.example.documented.v1.Plum"].properties.spec.properties.ripe.description, "Whether it is.");
    t.deepEqual(schemas["com.example.documented.v1.Plum"]["x-kubernetes-group-version-kind"], [{ group: "documented.example.com", version: "v1", kind: "Plum" }]);
    t.truthy(schemas["com.example.documented.v1.PlumList"]);
    const references = new Set(document.text.matchAll(/#\/components\/schemas\/([^"]+)/g).map((match) => match[1]!));
    for (const name of references) t.true(Object.hasOwn(schemas, name), name);
    t.truthy(document.body.paths["/apis/documented.example.com/v1/namespaces/{namespace}/plums/{name}"].patch);
    const swagger = await client.get("/openapi/v2");
    t.is(swagger.body.definitions["com.example.documented.v1.Plum"].properties.spec.properties.ripe.type, "boolean");
    t.true((await client.get("/openapi/v2", { accept: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" })).text.includes("com.example.documented.v1.Plum"));
    await client.patch(`${DEFINITIONS}/plums.documented.example.com`, [{ op: "replace", path: "/spec/versions/0/schema/openAPIV3Schema/description", value: "Another." }], "application/json-patch+json");
    const changed = await client.get("/openapi/v3");
    t.not(changed.body.paths["apis/documented.example.com/v1"].serverRelativeURL, url);
    await removeDefinition(client, "plums.documented.example.com");
    t.is((await client.get("/openapi/v3")).body.paths["apis/documented.example.com/v1"], undefined);
  });

  test(`${store}: taken names are not accepted until they are free`, async (t) => {
    const { client } = the();
    await establish(client, definitionOf("cherries", { group: "names.example.com", names: { kind: "Cherry" } }));
    await client.post(DEFINITIONS, definitionOf("berries", { group: "names.example.com", names: { kind: "Cherry", singular: "berry" } }));
    const refused = await untilDefinition(client, "berries.names.example.com", (now) => hasCondition(now, "NamesAccepted", "False"));
    t.like(refused.status.conditions[0], { reason: "ListKindConflict", message: '"CherryList" is already in use' });
    t.like(refused.status.conditions[1], { type: "Established", status: "False", reason: "NotAccepted" });
    t.deepEqual(refused.status.acceptedNames, { plural: "berries", singular: "berry", kind: "" });
    const absent = await client.get("/apis/names.example.com/v1/namespaces/default/berries");
    t.is(absent.text, "404 page not found\n");
    await removeDefinition(client, "cherries.names.example.com");
    await untilDefinition(client, "berries.names.example.com", (now) => hasCondition(now, "Established"));
    t.is((await client.get("/apis/names.example.com/v1/namespaces/default/berries")).status, 200);
  });

  test(`${store}: groups of Kubernetes' own say who approved them`, async (t) => {
    const { client } = the();
    const definition = definitionOf("approveds", { group: "x.k8s.io" });
    const refused = await client.post(DEFINITIONS, definition);
    t.is(refused.status, 422);
    t.is(refused.body.details.causes[0].field, "metadata.annotations[api-approved.kubernetes.io]");
    definition.metadata.annotations = { "api-approved.kubernetes.io": "unapproved, an experiment" };
    const made = await establish(client, definition);
    t.deepEqual(made.status.conditions.find((one: Json) => one.type === "KubernetesAPIApprovalPolicyConformant").reason, "UnapprovedAnnotation");
    await removeDefinition(client, "approveds.x.k8s.io");
  });

  test(`${store}: objects go with their definition, those that are held when they are let go; watches end`, async (t) => {
    const { client } = the();
    await establish(client, definitionOf("grapes", { group: "gone.example.com" }));
    const grapes = "/apis/gone.example.com/v1/namespaces/default/grapes";
    const object = (name: string, finalizers: string[]) => ({ apiVersion: "gone.example.com/v1", kind: "Grape", metadata: { name, finalizers } });
    await client.post(grapes, object("free", []));
    await client.post(grapes, object("held", ["example.com/hold"]));
    const { body: list } = await client.get(grapes);
    const watch = await client.watch(`${grapes}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
    const deleted = await client.delete(`${DEFINITIONS}/grapes.gone.example.com`);
    t.is(deleted.status, 200);
    t.deepEqual(deleted.body.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
    t.truthy(deleted.body.metadata.deletionTimestamp);
    await untilDefinition(client, "grapes.gone.example.com", (now) => now?.status.conditions.some((one: Json) => one.reason === "InstanceDeletionInProgress"));
    const events = await watch.take(2);
    t.deepEqual(events.map((event) => [event.type, event.object.metadata.name]).sort(), [["DELETED", "free"], ["MODIFIED", "held"]]);
    const refused = await client.post(grapes, object("late", []));
    t.is(refused.status, 405);
    t.is(refused.body.message, "create not allowed while custom resource definition is terminating");
    t.deepEqual((await client.get("/apis/gone.example.com/v1")).body.resources[0].verbs, ["delete", "deletecollection", "get", "list", "watch"]);
    await client.patch(`${grapes}/held`, { metadata: { finalizers: null } });
    t.like(await watch.next(), { type: "DELETED", object: { metadata: { name: "held" } } });
    t.is(await watch.next(), undefined);
    await untilDefinition(client, "grapes.gone.example.com", (now) => now === undefined);
    t.is((await client.get(grapes)).text, "404 page not found\n");
    await establish(client, definitionOf("grapes", { group: "gone.example.com" }));
    t.deepEqual((await client.get(grapes)).body.items, []);
    t.is((await client.post(grapes, object("free", []))).status, 201);
  });

  test(`${store}: scope and names stay once a definition is established; stored versions stay in it`, async (t) => {
    const { client } = the();
    const definition = definitionOf("figs", { group: "fixed.example.com" });
    await establish(client, definition);
    const path = `${DEFINITIONS}/figs.fixed.example.com`;
    for (const [patch, field] of [
      [{ spec: { scope: "Cluster" } }, "spec.scope"],
      [{ spec: { names: { kind: "Other" } } }, "spec.names.kind"],
      [{ spec: { names: { plural: "others" } } }, "spec.names.plural"],
      [{ spec: { group: "other.example.com" } }, "spec.group"],
    ] as const) {
      const { status, body } = await client.patch(path, patch);
      t.is(status, 422);
      t.true(body.details.causes.some((cause: Json) => cause.field === field && cause.message.endsWith("field is immutable")), field);
    }
    const versions = [{ name: "v2", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }];
    t.regex((await client.patch(path, { spec: { versions } })).body.message, /status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions/);
    const { body: now } = await client.get(path);
    t.is((await client.put(path, { ...now, metadata: { name: now.metadata.name } })).status, 422);
    const renamed = await client.patch(path, { spec: { names: { shortNames: ["fg"] } } });
    t.is(renamed.body.metadata.generation, 2);
    await untilDefinition(client, "figs.fixed.example.com", (one) => one?.status.acceptedNames.shortNames?.[0] === "fg");
    t.deepEqual((await client.get("/apis/fixed.example.com/v1")).body.resources[0].shortNames, ["fg"]);
  });
}
