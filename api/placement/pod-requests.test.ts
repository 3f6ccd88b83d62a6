import test from "ava";
import type { Container } from "../wire.ts";
import { makePod } from "../../scheduler/testing/objects.ts";
import { podRequests } from "./pod-requests.ts";

const MI = 1024 * 1024;

function container(cpu: string, memory: string, more: Partial<Container> = {}): Container {
  return { name: `c-${cpu}-${memory}`, resources: { requests: { cpu, memory } }, ...more };
}

test("containers add up, with one place in the pod count", (t) => {
  const pod = makePod("p", { spec: { containers: [container("100m", "50Mi"), container("0.25", "10Mi")] } });
  t.deepEqual(podRequests(pod).amounts, { cpu: 350, memory: 60 * MI, pods: 1 });
});

test("an init container that needs more than all containers together sets the request", (t) => {
  const pod = makePod("p", { spec: { containers: [container("100m", "50Mi")], initContainers: [container("2", "10Mi"), container("1", "70Mi")] } });
  t.deepEqual(podRequests(pod).amounts, { cpu: 2000, memory: 70 * MI, pods: 1 });
});

test("restartable init containers count beside the containers and beside init containers that come after them", (t) => {
  const sidecar = container("500m", "100Mi", { restartPolicy: "Always" });
  const before = makePod("p", { spec: { containers: [container("1", "10Mi")], initContainers: [container("2", "10Mi"), sidecar] } });
  t.deepEqual(podRequests(before).amounts, { cpu: 2000, memory: 110 * MI, pods: 1 });
  const after = makePod("p", { spec: { containers: [container("1", "10Mi")], initContainers: [sidecar, container("2", "10Mi")] } });
  t.deepEqual(podRequests(after).amounts, { cpu: 2500, memory: 110 * MI, pods: 1 });
});

test("pod-level requests stand for the containers', overhead comes on top", (t) => {
  const pod = makePod("p", {
    spec: { containers: [container("3", "50Mi")], resources: { requests: { cpu: "2" } }, overhead: { cpu: "250m", memory: "120Mi" } },
  });
  t.deepEqual(podRequests(pod).amounts, { cpu: 2250, memory: 170 * MI, pods: 1 });
});

test("a container being resized holds the most of what is asked, allocated and actual; an infeasible resize only what it has", (t) => {
  const status = { name: "c-1-50Mi", image: "", imageID: "", ready: true, restartCount: 0, allocatedResources: { cpu: "2", memory: "50Mi" }, resources: { requests: { cpu: "3", memory: "20Mi" } } };
  const pod = makePod("p", { spec: { containers: [container("1", "50Mi")] } });
  t.deepEqual(podRequests({ ...pod, status: { containerStatuses: [status] } }).amounts, { cpu: 3000, memory: 50 * MI, pods: 1 });
  const asked = makePod("p", { spec: { containers: [{ ...container("8", "50Mi"), name: "c-1-50Mi" }] } });
  const infeasible = [{ type: "PodResizePending", status: "True", reason: "Infeasible" }];
  t.is(podRequests({ ...asked, status: { containerStatuses: [status], conditions: infeasible } }).amounts["cpu"], 3000);
  t.is(podRequests({ ...asked, status: { containerStatuses: [status] } }).amounts["cpu"], 8000);
});

test("a container without requests counts for scores only", (t) => {
  const requests = podRequests(makePod("p", { spec: { containers: [{ name: "a" }, container("50m", "1Mi")] } }));
  t.deepEqual(requests.amounts, { cpu: 50, memory: MI, pods: 1 });
  t.is(requests.scoredCpu_milli, 150);
  t.is(requests.scoredMemory_bytes, 201 * MI);
});

test("text that is no quantity counts as nothing", (t) => {
  t.deepEqual(podRequests(makePod("p", { requests: { cpu: "much", memory: "-5" } })).amounts, { pods: 1 });
});
