import test, { type ExecutionContext } from "ava";
import { type Random, seededRandom, systemRandom } from "../../../lib/random.ts";
import { type ServersOn, STORES, startServersOn } from "../../testing/both-stores.ts";
import { type HistoryEvent, type Operation, violations } from "../../testing/linearizable.ts";
import { type Json, TestClient, type TestResponse, type TestWatch } from "../../testing/test-client.ts";

const NAMES = ["a", "b", "c"];
const CLIENTS = 8;
const OPERATIONS = 60;
/** A watch is opened every so many operations. */
const WATCH_EVERY = 12;
/** How much later than the first the other server hears of writes: one that answered from its cache would be caught. */
const LATE_MS = 25;

/** Random clients of several servers, every operation recorded with when it began and ended. */
class Workload {
  readonly operations: Operation[] = [];
  readonly watches: { readonly after: number; readonly watch: TestWatch; readonly name: string | undefined }[] = [];
  /** Half of all operations are done. */
  readonly halfway: Promise<void>;
  readonly #path: string;
  readonly #random: Random;
  readonly #reachHalf: () => void;
  readonly #seen: number[] = [];
  #ticks = 0;
  #ids = 0;

  constructor(path: string, random: Random) {
    this.#path = path;
    this.#random = random;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.halfway = promise;
    this.#reachHalf = resolve;
  }

  /** One client: operation after operation, at a server of its own until that goes. */
  async run(client: TestClient, refuge: TestClient): Promise<void> {
    let server = client;
    for (let i = 0; i < OPERATIONS; i++) {
      const lost = await this.#step(server);
      if (lost) server = refuge;
      if (i % WATCH_EVERY === 0) await this.#openWatch(refuge);
    }
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random.next() * values.length)] as T;
  }

  /** A version of the last few that were seen; undefined once in a while. */
  #version(): number | undefined {
    return this.#random.next() < 0.2 ? undefined : this.#pick(this.#seen.slice(-4));
  }

  async #openWatch(client: TestClient): Promise<void> {
    const after = this.#pick(this.#seen);
    if (after === undefined) return;
    const name = this.#random.next() < 0.5 ? this.#pick(NAMES) : undefined;
    const selector = name === undefined ? "" : `&fieldSelector=metadata.name%3D${name}`;
    this.watches.push({ after, name, watch: await client.watch(`${this.#path}?watch=1&resourceVersion=${after}${selector}`) });
  }

  /** True when the server is gone. */
  async #step(client: TestClient): Promise<boolean> {
    const name = this.#pick(NAMES);
    const id = ++this.#ids;
    const { request, record } = this.#choose(client, id, name);
    const started = ++this.#ticks;
    const answer = await request().catch(() => undefined);
    const ended = ++this.#ticks;
    // A server that goes answers 503, or not at all.
    const known = answer?.status === 503 ? undefined : answer;
    if (known?.body?.metadata?.resourceVersion !== undefined) this.#seen.push(Number(known.body.metadata.resourceVersion));
    this.operations.push({ id, started, ended, name, result: known === undefined ? "unknown" : resultOf(known), ...record } as Operation);
    if (this.operations.length * 2 >= CLIENTS * OPERATIONS) this.#reachHalf();
    return known === undefined;
  }

  #choose(client: TestClient, id: number, name: string): { request: () => Promise<TestResponse>; record: object } {
    const url = `${this.#path}/${name}`;
    const data = { [`k${id}`]: "1" };
    const precondition = this.#version();
    const version = precondition === undefined ? {} : { resourceVersion: String(precondition) };
    switch (this.#pick(["create", "update", "update", "patch", "patch", "delete", "get", "get", "list"])) {
      case "create":
        return { request: () => client.post(this.#path, { metadata: { name }, data }), record: { type: "create" } };
      case "update":
        return { request: () => client.put(url, { metadata: { name, ...version }, data }), record: { type: "update", precondition } };
      case "patch":
        return { request: () => client.patch(url, { data }), record: { type: "patch" } };
      case "delete":
        return { request: () => client.delete(url, precondition === undefined ? undefined : { preconditions: version }), record: { type: "delete", precondition } };
      case "get":
        return { request: () => client.get(url), record: { type: "get" } };
      default:
        return { request: () => client.get(this.#path), record: { type: "list" } };
    }
  }
}

function resultOf({ status, body, text }: TestResponse): unknown {
  if (status === 404) return "absent";
  if (status === 409) return body.reason === "AlreadyExists" ? "exists" : "conflict";
  if (status !== 200 && status !== 201) throw new Error(`${status}: ${text}`);
  if (body.kind === "Status") return { uid: body.details.uid };
  const version = Number(body.metadata.resourceVersion);
  if (body.kind === "ConfigMapList") return { version, versions: new Map(body.items.map((item: Json) => [item.metadata.name, Number(item.metadata.resourceVersion)])) };
  return { version };
}

function eventOf({ type, object }: Json): HistoryEvent {
  return { type, name: object.metadata.name, version: Number(object.metadata.resourceVersion), uid: object.metadata.uid, data: object.data ?? {} };
}

/** All events until the last write of the run, which is one to every watched name. */
async function collect(watch: TestWatch, last: ReadonlyMap<string, number>, name: string | undefined): Promise<HistoryEvent[]> {
  const until = name === undefined ? Math.max(...last.values()) : (last.get(name) as number);
  const events: HistoryEvent[] = [];
  for (;;) {
    const event = await watch.next();
    if (event === undefined) throw new Error(`the watch ended before ${until}`);
    const read = eventOf(event);
    if (read.version > until) throw new Error(`${read.version} came before ${until}`);
    events.push(read);
    if (read.version === until) return events;
  }
}

async function check(t: ExecutionContext, servers: ServersOn, namespace: string, seed: number): Promise<void> {
  const other = await servers.more({}, LATE_MS);
  const [one, two] = [new TestClient(servers.server), new TestClient(other, servers.server.admin)];
  await one.post("/api/v1/namespaces", { metadata: { name: namespace } });
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const start = (await one.get(path)).body.metadata.resourceVersion;
  const whole = await one.watch(`${path}?watch=1&resourceVersion=${start}`);
  const load = new Workload(path, seededRandom(seed));
  const clients = Array.from({ length: CLIENTS }, (_, i) => load.run(i % 2 === 0 ? one : two, one));
  // Half way, one of the servers goes.
  await Promise.all([...clients, load.halfway.then(() => other.stop())]);
  const last = new Map<string, number>();
  const cleaned = new Set<string>();
  for (const name of NAMES) {
    cleaned.add((await one.delete(`${path}/${name}`)).body.details.uid);
    last.set(name, Number((await one.post(path, { metadata: { name } })).body.metadata.resourceVersion));
  }
  const history = await collect(whole, last, undefined);
  const ended = load.operations.length;
  const made = new Set(last.values());
  const during = history.filter(({ type, uid, version }) => !made.has(version) && !(type === "DELETED" && cleaned.has(uid)));
  t.deepEqual(violations(during, load.operations), [], `seed ${seed}`);
  t.is(ended, CLIENTS * OPERATIONS);
  for (const { after, name, watch } of load.watches) {
    const wanted = history.filter((event) => event.version > after && (name === undefined || event.name === name));
    t.deepEqual(await collect(watch, last, name), wanted, `a watch after ${after} of ${name}, seed ${seed}`);
    watch.close();
  }
  t.true(load.watches.length > CLIENTS);
  whole.close();
  one.close();
  two.close();
}

for (const kind of STORES) {
  let servers: ServersOn;

  test.serial.before(`${kind}: start`, async () => {
    servers = await startServersOn(kind);
  });

  test.after.always(`${kind}: stop`, async () => {
    await servers?.stop();
  });

  for (const round of [1, 2, 3]) {
    test.serial(`${kind}: what racing clients of two servers are told is linearizable, and every watch replays the history (${round})`, async (t) => {
      await check(t, servers, `lin-${round}`, Math.floor(systemRandom.next() * 2 ** 31));
    });
  }
}
