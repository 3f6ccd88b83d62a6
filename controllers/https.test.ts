import test from "ava";
import type { Resource } from "../api/resources.ts";
import { deployments } from "../api/resources.ts";
import type { Deployment } from "../api/wire.ts";
import { startTestServer } from "../apiserver/testing/test-server.ts";
import type { Client } from "../client/client.ts";
import { createHttpClient } from "../client/http/client.ts";
import { createInformer } from "../client/shared-informer.ts";
import { systemClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/logger.ts";
import { seededRandom } from "../lib/random.ts";
import { HollowNodes } from "../sim/hollow-node.ts";
import { CONTROLLER_MANAGER_USER, runControllerManager } from "./manager.ts";
import { userDeployment } from "./testing/objects.ts";

/** Resolves when a watch shows an object that `matches`. */
async function seen<T extends { metadata: object }>(client: Client, resource: Resource<T>, matches: (object: T) => boolean): Promise<T> {
  const stop = new AbortController();
  const informer = createInformer({ client, resource, clock: systemClock, random: seededRandom(9), logger: silentLogger });
  const found = new Promise<T>((resolve) => {
    const look = (object: T) => (matches(object) ? resolve(object) : undefined);
    informer.addHandler({ add: look, update: look });
  });
  const running = informer.run(stop.signal);
  const object = await found;
  stop.abort();
  await running;
  return object;
}

const available = (count: number) => (deployment: Deployment) => deployment.status?.availableReplicas === count && deployment.status.observedGeneration === deployment.metadata.generation;

test("a manager of its own over HTTPS with its certificate; one of two servers goes away in the middle", async (t) => {
  const first = await startTestServer();
  const second = await startTestServer({ store: first.store, pki: first.pki });
  const clients: Client[] = [];
  const connect = async (commonName: string, organizations: string[]) => {
    const { certificate, key } = await first.clientCertificate({ commonName, organizations });
    const client = createHttpClient({ servers: [first.url, second.url], ca: first.ca, clientCertificate: certificate, clientKey: key }, { clock: systemClock });
    clients.push(client);
    return client;
  };
  const stop = new AbortController();
  const tools = { clock: systemClock, random: seededRandom(4), logger: silentLogger };
  const manager = runControllerManager({ ...tools, client: await connect(CONTROLLER_MANAGER_USER.name, []), leaderElection: { identity: "one" }, rootCa: first.ca, clusterCidr: "10.244.0.0/16" }, stop.signal);
  const nodes = new HollowNodes({ ...tools, client: await connect("hollow", ["system:masters"]), names: ["a", "b"], bind: true, behaviour: () => ({ ready_ms: 20, stop_ms: 20 }) });
  const playing = nodes.run(stop.signal);
  const user = await connect("user", ["system:masters"]);
  try {
    await user.create(deployments, userDeployment("web", { replicas: 5 }));
    await seen(user, deployments, available(5));
    await first.apiServer.close();
    await user.patch(deployments, { namespace: "default", name: "web" }, "strategic", { spec: { replicas: 7, template: { spec: { containers: [{ name: "c", image: "registry/app:2" }] } } } });
    const done = await seen(user, deployments, (deployment) => available(7)(deployment) && deployment.status?.updatedReplicas === 7 && deployment.status.replicas === 7);
    t.is(done.metadata.annotations?.["deployment.kubernetes.io/revision"], "2");
  } finally {
    stop.abort();
    await Promise.all([manager, playing]);
    for (const client of clients) client.close();
    await second.stop();
    await first.stop();
  }
});
