import test from "ava";
import fc from "fast-check";
import type { EndpointSlice, Pod, Service } from "../../api/wire.ts";
import { mirroredGroups } from "../endpoint-slice-mirroring/desired.ts";
import { aNode, aPod } from "../testing/objects.ts";
import { desiredGroups, type Endpoint, type EndpointPort, type Group } from "./desired.ts";
import { MAX_ENDPOINTS, planSlices, portsKey } from "./reconcile.ts";

function member(ip: string, fields: Parameters<typeof aPod>[0] = {}): Pod {
  const pod = aPod({ node: "n1", ...fields });
  return { ...pod, status: { ...pod.status, podIP: ip, podIPs: [{ ip }] } };
}

const service = (spec: NonNullable<Service["spec"]> = {}): Service => ({ apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "ns" }, spec: { ipFamilies: ["IPv4"], clusterIP: "10.0.0.1", ports: [{ name: "http", port: 80, protocol: "TCP" }], ...spec } });
const node = (name: string) => (name === "n1" ? { ...aNode({ name, zone: "z1" }) } : undefined);
const only = (groups: ReadonlyMap<string, Group>): Group => [...groups.values()][0] ?? { ports: [], endpoints: [] };

test("conditions tell ready, serving and terminating apart", (t) => {
  const pods = [member("10.1.0.1"), member("10.1.0.2", { ready: false }), member("10.1.0.3", { deleting: true }), member("10.1.0.4", { phase: "Succeeded" }), member("10.1.0.5", { node: "unknown" })];
  const group = only(desiredGroups(service(), pods, "IPv4", node));
  t.deepEqual(group.ports, [{ name: "http", port: 80, protocol: "TCP" }]);
  t.deepEqual(
    group.endpoints.map(({ addresses, conditions }) => [addresses[0], conditions?.ready, conditions?.serving, conditions?.terminating]),
    [
      ["10.1.0.1", true, true, false],
      ["10.1.0.2", false, false, false],
      ["10.1.0.3", false, true, true],
    ],
  );
  t.like(group.endpoints[0], { nodeName: "n1", zone: "z1", targetRef: { kind: "Pod" } });
  t.is(only(desiredGroups(service(), pods, "IPv6", node)).endpoints.length, 0);
  t.true(only(desiredGroups(service({ publishNotReadyAddresses: true }), pods, "IPv4", node)).endpoints.every(({ conditions }) => conditions?.ready));
});

test("traffic distribution becomes hints", (t) => {
  const hints = (trafficDistribution: string) => only(desiredGroups(service({ trafficDistribution }), [member("10.1.0.1")], "IPv4", node)).endpoints[0]?.hints;
  t.deepEqual(hints("PreferClose"), { forZones: [{ name: "z1" }] });
  t.deepEqual(hints("PreferSameNode"), { forZones: [{ name: "z1" }], forNodes: [{ name: "n1" }] });
  t.is(hints("Other"), undefined);
});

test("what a user wrote in Endpoints is said in slices, each family by itself", (t) => {
  const endpoints = { apiVersion: "v1", kind: "Endpoints", metadata: {}, subsets: [{ addresses: [{ ip: "1.2.3.4", hostname: "h" }, { ip: "fd00::1" }], notReadyAddresses: [{ ip: "1.2.3.5" }], ports: [{ port: 80, protocol: "TCP" }] }] };
  const v4 = only(mirroredGroups(endpoints, "IPv4"));
  t.deepEqual(v4, { ports: [{ name: "", port: 80, protocol: "TCP" }], endpoints: [{ addresses: ["1.2.3.4"], conditions: { ready: true }, hostname: "h" }, { addresses: ["1.2.3.5"], conditions: { ready: false } }] });
  t.deepEqual(only(mirroredGroups(endpoints, "IPv6")).endpoints.map(({ addresses }) => addresses), [["fd00::1"]]);
});

const PORTS: EndpointPort[] = [{ name: "http", port: 80, protocol: "TCP" }];
const endpoint = (id: number): Endpoint => ({ addresses: [`10.${id >> 8}.${id & 255}.1`], conditions: { ready: true } });
let names = 0;
const slice = (endpoints: readonly Endpoint[], ports = PORTS): EndpointSlice => ({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { name: `s${++names}` }, addressType: "IPv4", endpoints: [...endpoints], ports });
const desired = (ids: readonly number[]) => new Map(ids.length === 0 ? [] : [[JSON.stringify(PORTS), { ports: PORTS, endpoints: ids.map(endpoint) }]]);
const same = () => false;

function apply(existing: readonly EndpointSlice[], plan: ReturnType<typeof planSlices>): EndpointSlice[] {
  const updated = new Map(plan.update.map(({ slice: target, endpoints }) => [target, endpoints]));
  const kept = existing.filter((candidate) => !plan.remove.includes(candidate)).map((candidate) => (updated.has(candidate) ? slice(updated.get(candidate) ?? []) : candidate));
  return [...kept, ...plan.create.map(({ endpoints, ports }) => slice(endpoints, [...ports]))];
}

test("nothing to write when all is as desired; one empty slice when there is nothing", (t) => {
  t.deepEqual(planSlices(desired([1, 2]), [slice([endpoint(2), endpoint(1)])], same), { create: [], update: [], remove: [] });
  const empty = planSlices(desired([]), [], same);
  t.deepEqual(empty.create, [{ ports: [], endpoints: [] }]);
  t.deepEqual(planSlices(desired([]), [slice([], [])], same), { create: [], update: [], remove: [] });
  const used = slice([endpoint(1)]);
  t.deepEqual(planSlices(desired([]), [used], same), { create: [{ ports: [], endpoints: [] }], update: [], remove: [used] });
});

test("endpoints stay in their slices; a slice that changes anyway is filled before others are touched", (t) => {
  const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
  const full = slice(ids(0, 100).map(endpoint));
  const half = slice(ids(100, 50).map(endpoint));
  const plan = planSlices(desired([...ids(0, 99), ...ids(100, 50), 500]), [full, half], same);
  t.deepEqual(plan.create, []);
  t.deepEqual(plan.update.map(({ slice: target, endpoints }) => [target.metadata.name, endpoints.length]), [[full.metadata.name, 100]]);
  const grows = planSlices(desired([...ids(0, 150), 500]), [full, half], same);
  t.deepEqual(grows.update.map(({ slice: target }) => target.metadata.name), [half.metadata.name]);
  t.is(planSlices(desired(ids(0, 350)), [], same).create.length, 4);
});

test("any desired state is reached in one step, within the limit, and then stands", (t) => {
  const ids = fc.uniqueArray(fc.nat(400), { maxLength: 350 });
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(fc.nat(400), { maxLength: MAX_ENDPOINTS }), { maxLength: 4 }), ids, (before, wanted) => {
      const existing = before.map((members) => slice(members.map(endpoint)));
      const after = apply(existing, planSlices(desired(wanted), existing, same));
      const held = after.flatMap(({ endpoints = [] }) => endpoints.map(({ addresses }) => addresses[0]));
      t.deepEqual(held.sort(), wanted.map((id) => endpoint(id).addresses[0]).sort());
      for (const { endpoints = [] } of after) t.true(endpoints.length <= MAX_ENDPOINTS);
      const again = planSlices(desired(wanted), after, same);
      t.deepEqual(again, { create: [], update: [], remove: [] });
    }),
  );
});

test("slices with other ports go; labels that differ are written", (t) => {
  const other = slice([endpoint(1)], [{ name: "old", port: 1, protocol: "TCP" }]);
  const mine = slice([endpoint(1)]);
  t.not(portsKey(other), portsKey(mine));
  t.deepEqual(planSlices(desired([1]), [mine, other], same).remove, [other]);
  t.is(planSlices(desired([1]), [mine], () => true).update.length, 1);
});
