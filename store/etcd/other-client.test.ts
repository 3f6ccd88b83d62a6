import test from "ava";
import { Etcd3 } from "etcd3";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { startEtcdCluster } from "../conformance/etcd-cluster.ts";
import { put, remove, show, watchUntil } from "../conformance/subject.ts";
import { prefixRange } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";

test("messages written by hand: what we write, another client reads alike, and the other way round", async (t) => {
  const cluster = await startEtcdCluster();
  const store = await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger, namespace: "/n" });
  const other = new Etcd3({ hosts: [...cluster.endpoints] });
  try {
    const lease = await store.grantLease(600);
    const r = await put(store, "/é", "1", lease);
    const { kvs } = await other.kv.range({ key: Buffer.from("/n/é") });
    t.deepEqual(
      kvs.map((kv) => [String(kv.key), String(kv.value), Number(kv.create_revision), Number(kv.mod_revision), Number(kv.version), Number(kv.lease)]),
      [["/n/é", "1", r, r, 1, lease]],
    );
    await other.kv.put({ key: Buffer.from("/n/é"), value: Buffer.from("2") });
    await other.kv.put({ key: Buffer.from("/n/b"), value: Buffer.alloc(0) });
    t.deepEqual((await store.range(prefixRange("/"))).items.map(({ key, value, createRevision, modRevision, version, lease: of }) => [key, String(Buffer.from(value)), createRevision, modRevision, version, of]), [
      ["/b", "", r + 2, r + 2, 1, 0],
      ["/é", "2", r, r + 1, 2, 0],
    ]);
    t.is(await remove(store, "/b"), r + 3);
    t.is(Number((await other.kv.range({ key: Buffer.from("/n/b") })).count), 0);
    const events = (await watchUntil(store, { ...prefixRange("/"), fromRevision: r }, r + 3)).flat();
    t.deepEqual(events.map(show), [`put /é=1 v1@${r}`, `put /é=2 v2@${r + 1} was 1@${r}`, `put /b= v1@${r + 2}`, `delete /b@${r + 3} was @${r + 2}`]);
    t.is(Number((await other.leaseClient.leaseTimeToLive({ ID: lease })).grantedTTL), 600);
  } finally {
    other.close();
    await store.close();
    await cluster.stop();
  }
});
