import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { systemClock } from "../../../lib/clock.ts";
import { issueServingCertificate, type KeyPair } from "../../auth/pki.ts";
import { type ServersOn, startServersOn, STORES } from "../../testing/both-stores.ts";
import { type ExtensionServer, startExtensionServer } from "../../testing/extension-server.ts";
import { startFakeNode } from "../../testing/fake-node.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import type { TestServer } from "../../testing/test-server.ts";

const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

for (const store of STORES) {
  let servers: ServersOn;
  let server: TestServer;
  let admin: TestClient;
  let serving: KeyPair;
  const ends: (() => Promise<void> | void)[] = [];
  let count = 0;

  test.before(async () => {
    servers = await startServersOn(store);
    server = servers.server;
    admin = new TestClient(server);
    serving = await issueServingCertificate(server.pki, { commonName: "extension", hosts: ["ext.default.svc", "pods.default.svc"] }, systemClock);
    await admin.post("/api/v1/namespaces/default/services", { metadata: { name: "ext" }, spec: { type: "ExternalName", externalName: "localhost" } });
  });
  test.after.always(async () => {
    for (const end of ends) await end();
    admin?.close();
    await servers?.stop();
  });

  // One after another: they share the server's discovery.
  const suite = (title: string, run: (t: ExecutionContext) => Promise<void>) => test.serial(`${store}: ${title}`, run);

  const extend = async (port = 0, group = `g${count++}.example.com`): Promise<{ extension: ExtensionServer; group: string }> => {
    const extension = await startExtensionServer({ group, serving, clientCa: server.pki.frontProxyCa.certificate, port });
    ends.push(() => extension.stop());
    return { extension, group };
  };
  const register = (group: string, port: number, spec: object = {}) =>
    admin.post(SERVICES, { metadata: { name: `v1.${group}` }, spec: { group, version: "v1", groupPriorityMinimum: 100, versionPriority: 10, service: { namespace: "default", name: "ext", port }, caBundle: Buffer.from(server.ca).toString("base64"), ...spec } });
  /** The condition Available, once it is what is asked for. */
  const condition = async (group: string, wanted: (found: Json) => boolean): Promise<Json> => {
    const { body } = await admin.get(`${SERVICES}?fieldSelector=metadata.name%3Dv1.${group}`);
    const of = (object: Json) => object?.status?.conditions?.find((one: Json) => one.type === "Available");
    if (wanted(of(body.items[0]))) return of(body.items[0]);
    const watch = await admin.watch(`${SERVICES}?watch=1&fieldSelector=metadata.name%3Dv1.${group}&resourceVersion=${body.metadata.resourceVersion}`);
    try {
      for (let event = await watch.next(); event !== undefined; event = await watch.next()) if (wanted(of(event.object))) return of(event.object);
      throw new Error("the watch ended");
    } finally {
      watch.close();
    }
  };
  const isTrue = (found: Json) => found?.status === "True";
  const isFalse = (found: Json) => found?.status === "False";
  const available = async (): Promise<{ extension: ExtensionServer; group: string }> => {
    const made = await extend();
    await register(made.group, made.extension.port);
    await condition(made.group, isTrue);
    return made;
  };

  suite("what the server serves itself has local APIServices, made at its start", async (t) => {
    const { body } = await admin.get(SERVICES);
    const apps = body.items.find((item: Json) => item.metadata.name === "v1.apps");
    t.like(apps, { metadata: { labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" } }, spec: { group: "apps", version: "v1", groupPriorityMinimum: 17800, versionPriority: 15 } });
    t.like(apps.status.conditions[0], { type: "Available", status: "True", reason: "Local", message: "Local APIServices are always available" });
    const names = body.items.map((item: Json) => item.metadata.name);
    t.true(names.includes("v1.") && names.includes("v2.autoscaling"));
    t.false(names.includes("v1.apiregistration.k8s.io"));
  });

  suite("a custom resource's group version has one as long as it is defined", async (t) => {
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const { body } = await admin.get(SERVICES);
    const watch = await admin.watch(`${SERVICES}?watch=1&resourceVersion=${body.metadata.resourceVersion}&fieldSelector=metadata.name%3Dv1.custom.example.com`);
    const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } };
    t.is((await admin.post(definitions, { metadata: { name: "boats.custom.example.com" }, spec: { group: "custom.example.com", scope: "Cluster", names: { plural: "boats", kind: "Boat" }, versions: [version] } })).status, 201);
    const added = await watch.next();
    t.like(added, { type: "ADDED", object: { metadata: { labels: { "kube-aggregator.kubernetes.io/automanaged": "true" } }, spec: { groupPriorityMinimum: 1000, versionPriority: 100 } } });
    await admin.delete(`${definitions}/boats.custom.example.com`);
    t.is((await watch.next()).type, "DELETED");
    watch.close();
  });

  suite("an extension server becomes available, and is asked on its clients' behalf", async (t) => {
    const { extension, group } = await available();
    t.like(await condition(group, isTrue), { reason: "Passed", message: "all checks passed" });
    extension.routes.set(`/apis/${group}/v1/namespaces/x/things/a b`, (_request, response) => void response.end("never"));
    extension.routes.set(`/apis/${group}/v1/namespaces/x/things/a%20b`, (_request, response) => void response.writeHead(200, { "content-type": "application/json", "x-own": "1" }).end('{"kind":"Thing"}'));
    const headers = { "impersonate-user": "bö", "impersonate-group": ["a", "system:masters"], "impersonate-uid": "u1", "impersonate-extra-acme.com%2fp": ["x", "y"], "x-remote-user": "root", "x-remote-group": "system:masters", "x-remote-extra-evil": "1", authorization: "" };
    const answer = await admin.get(`/apis/${group}/v1/namespaces/x/things/a%20b?limit=5&x=%26`, { headers });
    t.is(answer.status, 200);
    t.is(answer.headers["x-own"], "1");
    t.deepEqual(answer.body, { kind: "Thing" });
    // The server asks for discovery and OpenAPI meanwhile.
    const asked = extension.seen.find(({ url }) => url === `/apis/${group}/v1/namespaces/x/things/a%20b?limit=5&x=%26`)!;
    t.truthy(asked);
    t.is(asked.clientName, "front-proxy-client");
    t.is(Buffer.from(String(asked.headers["x-remote-user"]), "latin1").toString(), "bö");
    t.is(asked.headers["x-remote-group"], "a, system:masters, system:authenticated");
    t.is(asked.headers["x-remote-uid"], "u1");
    t.is(asked.headers["x-remote-extra-acme.com%2fp"], "x, y");
    for (const name of ["authorization", "impersonate-user", "x-remote-extra-evil"]) t.is(asked.headers[name], undefined, name);
    const check = extension.seen.find(({ url }) => url === `/apis/${group}/v1`);
    t.like(check, { clientName: "front-proxy-client" });
    t.is(check?.headers["x-remote-user"], "system:kube-aggregator");
  });

  suite("what extension servers need to believe us lies where they look for it", async (t) => {
    const { body } = await admin.get("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication");
    t.is(body.data["client-ca-file"], server.ca);
    t.is(body.data["requestheader-client-ca-file"], server.pki.frontProxyCa.certificate);
    t.deepEqual(JSON.parse(body.data["requestheader-allowed-names"]), ["front-proxy-client"]);
    t.deepEqual(JSON.parse(body.data["requestheader-username-headers"]), ["X-Remote-User"]);
    t.is((await admin.get("/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles/extension-apiserver-authentication-reader")).status, 200);
  });

  suite("who may not is stopped here", async (t) => {
    const { extension, group } = await available();
    const { status, body } = await admin.get(`/apis/${group}/v1/things`, { headers: { "impersonate-user": "bob" } });
    t.is(status, 403);
    t.is(body.message, `things.${group} is forbidden: User "bob" cannot list resource "things" in API group "${group}" at the cluster scope`);
    t.false(extension.seen.some(({ url }) => url.endsWith("/things")));
  });

  suite("its certificate must be what the APIService says", async (t) => {
    const strange = await extend();
    await register(strange.group, strange.extension.port, { caBundle: Buffer.from(server.pki.frontProxyCa.certificate).toString("base64") });
    const found = await condition(strange.group, isFalse);
    t.is(found.reason, "FailedDiscoveryCheck");
    t.regex(found.message, /failing or missing response: Get "https:\/\/localhost:\d+\/apis\/.*": .*(certificate|self.signed|verify)/);
    const { body, status } = await admin.get(`/apis/${strange.group}/v1/things`);
    t.is(status, 503);
    t.like(body, { kind: "Status", reason: "ServiceUnavailable" });
    const { extension, group } = await extend();
    await register(group, extension.port, { caBundle: undefined, insecureSkipTLSVerify: true });
    t.truthy(await condition(group, isTrue));
  });

  suite("a Service that is not there, lacks the port or has no endpoints is named in the condition", async (t) => {
    const of = async (service: object) => {
      const group = `g${count++}.example.com`;
      await register(group, 443, { service });
      return await condition(group, isFalse);
    };
    t.like(await of({ namespace: "default", name: "none", port: 443 }), { reason: "ServiceNotFound", message: 'service/none in "default" is not present' });
    await admin.post("/api/v1/namespaces/default/services", { metadata: { name: `bare-${store}` }, spec: { ports: [{ port: 443 }] } });
    t.like(await of({ namespace: "default", name: `bare-${store}`, port: 444 }), { reason: "ServicePortError", message: `service/bare-${store} in "default" is not listening on port 444` });
    t.like(await of({ namespace: "default", name: `bare-${store}`, port: 443 }), { reason: "MissingEndpoints", message: `endpoints for service/bare-${store} in "default" have no addresses with port name ""` });
  });

  suite("a Service's pods are reached through the agent of their node", async (t) => {
    const { extension, group } = await extend();
    const node = await startFakeNode(server, admin, "ext-node");
    ends.push(() => node.close());
    const core = "/api/v1/namespaces/default";
    node.routes.set("10.2.0.9:6443", extension.port);
    await admin.post(`${core}/serviceaccounts`, { metadata: { name: "default" } });
    await register(group, 443, { service: { namespace: "default", name: "pods", port: 443 } });
    t.is((await condition(group, isFalse)).reason, "ServiceNotFound");
    await admin.post(`${core}/services`, { metadata: { name: "pods" }, spec: { ports: [{ name: "https", port: 443, targetPort: 6443 }] } });
    await admin.post(`${core}/pods`, { metadata: { name: "ext-1" }, spec: { nodeName: "ext-node", automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
    await admin.patch(`${core}/pods/ext-1/status`, { status: { phase: "Running", podIP: "10.2.0.9", podIPs: [{ ip: "10.2.0.9" }] } });
    // The check is made again as soon as the endpoints are there.
    await admin.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", { metadata: { name: "pods-1", labels: { "kubernetes.io/service-name": "pods" } }, addressType: "IPv4", ports: [{ name: "https", port: 6443, protocol: "TCP" }], endpoints: [{ addresses: ["10.2.0.9"], conditions: { ready: true }, targetRef: { kind: "Pod", namespace: "default", name: "ext-1" } }] });
    t.truthy(await condition(group, isTrue));
    t.is((await admin.get(`/apis/${group}/v1`)).body.kind, "APIResourceList");
    t.true(node.asked.some((path) => path.startsWith("/tunnel/default/ext-1/")));
  });

  suite("discovery shows the extension's group, and goes on without it when it is dead", async (t) => {
    const { extension, group } = await available();
    const groups = async () => (await admin.get("/apis")).body.groups.map((one: Json) => one.name);
    const version = async () => (await admin.get("/apis", { accept: AGGREGATED })).body.items.find((item: Json) => item.metadata.name === group).versions[0];
    t.is((await groups()).filter((name: string) => name === group).length, 1);
    t.true((await groups()).indexOf(group) > (await groups()).indexOf("apps"));
    t.deepEqual((await admin.get(`/apis/${group}`)).body.preferredVersion, { groupVersion: `${group}/v1`, version: "v1" });
    const things = { resource: "things", responseKind: { group, version: "v1", kind: "Thing" }, scope: "Namespaced", singularResource: "thing", verbs: ["get", "list", "watch", "delete"], shortNames: ["th"], subresources: [{ subresource: "status", responseKind: { group, version: "v1", kind: "Thing" }, verbs: ["get"] }] };
    t.deepEqual(await version(), { version: "v1", resources: [things], freshness: "Current" });
    await extension.stop();
    t.is((await admin.get(`/apis/${group}/v1/things`)).status, 503);
    // That request was noticed: the next check is made at once.
    const found = await condition(group, isFalse);
    t.regex(found.message, /connection refused/);
    const dead = await admin.get(`/apis/${group}/v1/things`);
    t.is(dead.status, 503);
    t.regex(dead.body.message, /the server behind APIService "v1\..*" cannot be reached: failing or missing response.*connection refused/);
    t.deepEqual(await version(), { version: "v1", resources: [things], freshness: "Stale" });
    t.true((await groups()).includes(group));
    t.is((await admin.get("/apis/apps/v1")).status, 200);
    t.is((await admin.get("/openapi/v3")).status, 200);
    await extend(extension.port, group);
    await condition(group, isTrue);
    t.is((await version()).freshness, "Current");
    await admin.delete(`${SERVICES}/v1.${group}`);
    t.false((await groups()).includes(group));
    t.is((await admin.get(`/apis/${group}/v1/things`)).status, 404);
  });

  suite("its OpenAPI documents are among ours", async (t) => {
    const { extension, group } = await available();
    const definition = `com.example.${group.split(".")[0]}.v1.Thing`;
    let v2: Json;
    // They are read after the check.
    while (v2?.definitions?.[definition] === undefined) {
      v2 = (await admin.get("/openapi/v2")).body;
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.truthy(v2.paths[`/apis/${group}/v1/things`]);
    t.is(v2.paths["/version"]?.get?.operationId === "getVersion", false);
    t.is(v2.definitions["unused"], undefined);
    t.truthy(v2.definitions["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"].properties);
    const url = (await admin.get("/openapi/v3")).body.paths[`apis/${group}/v1`].serverRelativeURL;
    t.is(url, `/openapi/v3/apis/${group}/v1?hash=AB12`);
    t.truthy((await admin.get(url)).body.paths[`/apis/${group}/v1/things`]);
    t.is(extension.seen.filter((one) => one.url.startsWith("/openapi/v3/")).length, 1);
  });

  suite("bodies and watches stream through; a reader that is slow slows the extension server", async (t) => {
    const { extension, group } = await available();
    const path = `/apis/${group}/v1/things`;
    extension.routes.set(path, (request, response) => {
      if (request.method === "POST") {
        let size = 0;
        request.on("data", (chunk: Buffer) => {
          size += chunk.length;
        });
        request.on("end", () => response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ size })));
        return;
      }
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"type":"ADDED"}\n');
      extension.routes.set("/more", () => response.write('{"type":"MODIFIED"}\n'));
      response.once("close", () => closed());
    });
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    t.is((await admin.post(path, Buffer.alloc(8 << 20), { type: "application/octet-stream" })).body.size, 8 << 20);
    const watch = await admin.watch(`${path}?watch=1`);
    t.deepEqual(await watch.next(), { type: "ADDED" });
    extension.routes.get("/more")?.(undefined as never, undefined as never);
    t.deepEqual(await watch.next(), { type: "MODIFIED" });
    watch.close();
    await gone;

    let written = 0;
    let stalled: () => void = () => undefined;
    const full = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    extension.routes.set(`${path}/flood`, (_request, response) => {
      const chunk = Buffer.alloc(1 << 20, 97);
      const pump = () => {
        for (;;) {
          if (response.destroyed || written > 256 << 20) return;
          written += chunk.length;
          if (!response.write(chunk)) break;
        }
        const timer = systemClock.after(500, stalled);
        response.once("drain", () => {
          timer.cancel();
          pump();
        });
      };
      pump();
    });
    const slow = await admin.open("GET", `${path}/flood`);
    slow.pause();
    await full;
    t.true(written < 64 << 20, `${written} bytes were taken of a server whose reader reads nothing`);
    slow.destroy();
  });

  suite("a server that never answers is given up, and is not waited for by others", async (t) => {
    const { extension, group } = await available();
    extension.routes.set(`/apis/${group}/v1/things`, () => undefined);
    const { status, body } = await admin.get(`/apis/${group}/v1/things?timeout=300ms`);
    t.is(status, 504);
    t.like(body, { reason: "Timeout", message: "Timeout: request did not complete within the allotted timeout" });
    t.is((await admin.get(`/apis/${group}/v1`)).status, 200);
  });

  suite("an upgrade is joined end to end", async (t) => {
    const { extension, group } = await available();
    extension.onUpgrade = (request, socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n${String(request.headers["x-remote-user"])}\n`);
      socket.pipe(socket);
    };
    const request = httpsRequest({ host: "127.0.0.1", port: server.port, path: `/apis/${group}/v1/namespaces/x/things/a/shell`, ca: server.ca, cert: server.admin.certificate, key: server.admin.key, headers: { connection: "Upgrade", upgrade: "echo" } });
    request.end();
    const [, socket, head] = (await once(request, "upgrade")) as [IncomingMessage, Duplex, Buffer];
    let text = head.toString();
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write("hello\n");
    while (!text.includes("hello\n")) await once(socket, "data");
    t.is(text, "admin\nhello\n");
    const ended = once(socket, "close");
    socket.end();
    await ended;
  });

  suite("every server of a cluster asks the extension server, with the certificate of the one authority; one that stops takes nothing along", async (t) => {
    const other = await servers.more();
    const second = new TestClient(other, server.admin);
    ends.push(() => second.close());
    const { extension, group } = await available();
    const path = `/apis/${group}/v1/things`;
    extension.routes.set(path, (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end('{"kind":"ThingList"}'));
    // The other server hears of the condition through its watch.
    while ((await second.get(path)).status === 503);
    t.is((await second.get(path)).body.kind, "ThingList");
    t.is(extension.seen.at(-1)?.clientName, "front-proxy-client");
    const { body } = await second.get("/apis", { accept: AGGREGATED });
    t.true(body.items.some((item: Json) => item.metadata.name === group));
    await other.stop();
    t.is((await admin.get(path)).body.kind, "ThingList");
    t.like(await condition(group, isTrue), { reason: "Passed" });
  });
}
