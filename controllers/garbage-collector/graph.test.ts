import test from "ava";
import type { OwnerReference } from "../../api/wire.ts";
import type { DiscoveredResource } from "../../client/discovery.ts";
import { planCollection } from "./classify.ts";
import { FOREGROUND, ORPHAN, OwnerGraph } from "./graph.ts";

const resource = (kind: string, namespaced = true): DiscoveredResource => ({ group: "apps", version: "v1", resource: `${kind.toLowerCase()}s`, kind, namespaced, verbs: [], shortNames: [], singularName: "", categories: [], subresources: [] });
const A = resource("A");
const B = resource("B");
const refTo = (name: string, block = true): OwnerReference => ({ apiVersion: "apps/v1", kind: "A", name, uid: name, blockOwnerDeletion: block });
const object = (name: string, owners: OwnerReference[] = [], fields: { finalizers?: string[]; deleting?: boolean; namespace?: string } = {}) => ({
  metadata: { name, uid: name, namespace: fields.namespace ?? "ns", ownerReferences: owners, ...(fields.finalizers ? { finalizers: fields.finalizers } : {}), ...(fields.deleting ? { deletionTimestamp: "x" } : {}) },
});

test("an owner that has not been seen, or is not what the reference says, is looked at", (t) => {
  const graph = new OwnerGraph();
  t.deepEqual(graph.observe(B, object("b", [refTo("a")])), ["b"]);
  t.deepEqual(graph.observe(A, object("a")), []);
  t.deepEqual(graph.observe(B, object("c", [refTo("a")])), []);
  t.deepEqual(graph.observe(B, object("d", [refTo("a")], { namespace: "other" })), ["d"]);
  t.deepEqual(graph.observe(B, object("e", [{ ...refTo("a"), kind: "Z" }])), ["e"]);
});

test("when an owner goes its dependents are looked at, once it is gone nothing is left of it", (t) => {
  const graph = new OwnerGraph();
  graph.observe(A, object("a"));
  graph.observe(B, object("b", [refTo("a")]));
  t.deepEqual(graph.remove("a"), ["b"]);
  t.deepEqual(graph.remove("b"), []);
  t.is(graph.size, 0);
});

test("foreground: the owner and its dependents, and the owner again when one goes or stops blocking", (t) => {
  const graph = new OwnerGraph();
  graph.observe(A, object("a"));
  graph.observe(B, object("b", [refTo("a")]));
  graph.observe(B, object("c", [refTo("a", false)]));
  graph.observe(B, object("d", [refTo("a")]));
  t.deepEqual(graph.observe(A, object("a", [], { finalizers: [FOREGROUND], deleting: true })).sort(), ["a", "b", "c", "d"]);
  const node = graph.get("a");
  t.truthy(node);
  if (node === undefined) return;
  t.deepEqual(graph.blockingDependents(node).map(({ uid }) => uid), ["b", "d"]);
  t.deepEqual(graph.remove("b"), ["a"]);
  t.true(graph.observe(B, object("d", [refTo("a", false)])).includes("a"));
  t.deepEqual(graph.blockingDependents(node), []);
});

test("orphaning is noticed; a finalizer without deletion means nothing", (t) => {
  const graph = new OwnerGraph();
  t.deepEqual(graph.observe(A, object("a", [], { finalizers: [ORPHAN] })), []);
  t.deepEqual(graph.observe(A, object("a", [], { finalizers: [ORPHAN], deleting: true })), ["a"]);
  t.deepEqual(graph.observe(A, object("a", [], { finalizers: [ORPHAN], deleting: true })), []);
});

test("a resource that is served no more takes its objects along", (t) => {
  const graph = new OwnerGraph();
  graph.observe(A, object("a"));
  graph.observe(B, object("b", [refTo("a")]));
  t.deepEqual(graph.removeResource(A), ["b"]);
});

test("what becomes of an object", (t) => {
  const owner = (uid: string, state: "solid" | "absent" | "waiting") => ({ reference: refTo(uid), state });
  const none = { count: 0, foreground: false };
  t.deepEqual(planCollection([], none), { type: "keep" });
  t.deepEqual(planCollection([owner("a", "solid")], none), { type: "keep" });
  t.deepEqual(planCollection([owner("a", "solid"), owner("b", "absent"), owner("c", "waiting")], none), { type: "unlink", owners: [refTo("a")] });
  t.deepEqual(planCollection([owner("a", "absent")], { count: 3, foreground: false }), { type: "delete" });
  t.deepEqual(planCollection([owner("a", "waiting")], none), { type: "delete" });
  t.deepEqual(planCollection([owner("a", "waiting"), owner("b", "absent")], { count: 1, foreground: false }), { type: "foreground", unblock: false });
  t.deepEqual(planCollection([owner("a", "waiting")], { count: 1, foreground: true }), { type: "foreground", unblock: true });
});
