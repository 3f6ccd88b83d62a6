import test from "ava";
import type { Pod, Service } from "../../api/wire.ts";
import { aPod } from "../testing/objects.ts";
import { endpointSubsets, MAX_ADDRESSES } from "./subsets.ts";

function member(ip: string, fields: Parameters<typeof aPod>[0] & { ports?: [string, number][]; hostname?: string } = {}): Pod {
  const pod = aPod({ node: "n1", ...fields });
  const ports = (fields.ports ?? []).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" }));
  const host = fields.hostname ? { hostname: fields.hostname, subdomain: "s" } : {};
  return { ...pod, spec: { ...pod.spec, ...host, containers: [{ name: "c", ports }] }, status: { ...pod.status, podIP: ip, podIPs: ip ? [{ ip }] : [] } };
}

function aService(fields: NonNullable<Service["spec"]>): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "ns" }, spec: { ipFamilies: ["IPv4"], clusterIP: "10.0.0.1", ...fields } };
}

const http = { name: "http", port: 80, targetPort: "web", protocol: "TCP" };
const addresses = (subset: ReturnType<typeof endpointSubsets>["subsets"][number] | undefined) => [subset?.addresses?.map(({ ip }) => ip), subset?.notReadyAddresses?.map(({ ip }) => ip)];

test("ready and not ready; no address, finished or going: left out", (t) => {
  const web: [string, number][] = [["web", 8080]];
  const pods = [member("10.1.0.2", { ports: web }), member("10.1.0.1", { ports: web, ready: false }), member("", { ports: web }), member("10.1.0.3", { ports: web, phase: "Succeeded" }), member("10.1.0.4", { ports: web, deleting: true })];
  const { subsets } = endpointSubsets(aService({ ports: [http] }), pods);
  t.is(subsets.length, 1);
  t.deepEqual(addresses(subsets[0]), [["10.1.0.2"], ["10.1.0.1"]]);
  t.deepEqual(subsets[0]?.ports, [{ name: "http", port: 8080, protocol: "TCP" }]);
  const all = endpointSubsets(aService({ ports: [http], publishNotReadyAddresses: true }), pods).subsets;
  t.deepEqual(addresses(all[0]), [["10.1.0.1", "10.1.0.2", "10.1.0.4"], undefined]);
});

test("pods whose ports differ are subsets of their own; one without the port is left out", (t) => {
  const pods = [member("10.1.0.1", { ports: [["web", 8080]] }), member("10.1.0.2", { ports: [["web", 9090]] }), member("10.1.0.3")];
  const { subsets } = endpointSubsets(aService({ ports: [http] }), pods);
  t.deepEqual(subsets.map((subset) => [subset.ports?.[0]?.port, ...addresses(subset)]), [
    [8080, ["10.1.0.1"], undefined],
    [9090, ["10.1.0.2"], undefined],
  ]);
});

test("a port that all have is said once, of those that differ each by itself", (t) => {
  const pods = [member("10.1.0.1", { ports: [["web", 8080]] }), member("10.1.0.2", { ports: [["web", 9090]] })];
  const { subsets } = endpointSubsets(aService({ ports: [http, { name: "dns", port: 53, targetPort: 5353, protocol: "UDP" }] }), pods);
  t.deepEqual(subsets.map((subset) => [subset.ports?.map(({ port }) => port), ...addresses(subset)]), [
    [[5353], ["10.1.0.1", "10.1.0.2"], undefined],
    [[8080], ["10.1.0.1"], undefined],
    [[9090], ["10.1.0.2"], undefined],
  ]);
});

test("headless without ports, host names", (t) => {
  const pods = [member("10.1.0.1", { hostname: "db-0" })];
  t.like(endpointSubsets(aService({ clusterIP: "None" }), pods).subsets[0], { addresses: [{ ip: "10.1.0.1", hostname: "db-0", nodeName: "n1" }] });
  t.deepEqual(endpointSubsets(aService({}), pods).subsets, []);
});

test("families: the Service's first decides", (t) => {
  const pod = member("10.1.0.1");
  const dual = { ...pod, status: { ...pod.status, podIPs: [{ ip: "10.1.0.1" }, { ip: "fd00::1" }] } };
  const subsets = (ipFamilies: string[]) => endpointSubsets(aService({ ipFamilies, ports: [{ port: 80 }] }), [dual]).subsets;
  t.is(subsets(["IPv6", "IPv4"])[0]?.addresses?.[0]?.ip, "fd00::1");
  t.is(subsets(["IPv4"])[0]?.addresses?.[0]?.ip, "10.1.0.1");
});

test("too many: ready ones stay, and it is said", (t) => {
  const pods = Array.from({ length: MAX_ADDRESSES + 5 }, (_, index) => member(`10.1.${index >> 8}.${index & 255}`, { ready: index >= 10 }));
  const { subsets, truncated } = endpointSubsets(aService({ ports: [{ port: 80 }] }), pods);
  t.true(truncated);
  t.is(subsets[0]?.addresses?.length, MAX_ADDRESSES - 5);
  t.is(subsets[0]?.notReadyAddresses?.length, 5);
});
