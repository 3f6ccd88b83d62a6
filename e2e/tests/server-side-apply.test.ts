import test from "ava";
import { LoopbackServer } from "../harness/loopback-server.ts";
import { until } from "../harness/objects.ts";
import { runOk } from "../harness/run.ts";

/** A server with its controllers on loopback, and the real kubectl: who manages what, and who is refused. */
const server = new LoopbackServer();

test.before(() => server.start());
test.after.always(() => server.stop());

const ok = (...words: string[]) => server.ok(...words);
const refused = (...words: string[]) => server.refused(...words);
const file = (name: string, text: string, mode?: number) => server.file(name, text, mode);

const configMap = (name: string, value: string) => file(`${name}-${value}.yaml`, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {app: ${name}}}\ndata: {k: ${value}, l: w}\n`);
const deployment = (replicas: string) =>
  file(
    `deployment-${replicas}.yaml`,
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n${replicas === "" ? "" : `  replicas: ${replicas}\n`}  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: "img:1"}]}\n`,
  );

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
}

async function managersOf(...words: string[]): Promise<string[]> {
  const object = JSON.parse(await ok("get", ...words, "-o", "json", "--show-managed-fields")) as { metadata: { managedFields?: Entry[] } };
  return (object.metadata.managedFields ?? []).map(({ manager, operation, subresource }) => [manager, operation, ...(subresource === undefined ? [] : [subresource])].join(" ")).sort();
}

test.serial("two managers: a conflict that names the other, then force; diff shows it before", async (t) => {
  await ok("apply", "--server-side", "--field-manager=one", "-f", configMap("app", "v"));
  t.regex(await refused("apply", "--server-side", "--field-manager=two", "-f", configMap("app", "w")), /Apply failed with 1 conflict: conflict with "one": \.data\.k/);
  const diff = await refused("diff", "--server-side", "--force-conflicts", "--field-manager=two", "-f", configMap("app", "w"));
  t.regex(diff, /^- {2}k: v\n\+ {2}k: w$/m);
  t.is(await ok("get", "configmap", "app", "-o", "jsonpath={.data.k}"), "v");
  await ok("apply", "--server-side", "--force-conflicts", "--field-manager=two", "-f", configMap("app", "w"));
  t.is(await ok("get", "configmap", "app", "-o", "jsonpath={.data.k}"), "w");
  t.deepEqual(await managersOf("configmap", "app"), ["one Apply", "two Apply"]);
  t.is(await ok("diff", "--server-side", "--field-manager=two", "-f", configMap("app", "w")), "");
});

test.serial("client-side apply becomes server-side apply, and who scaled keeps the replicas", async (t) => {
  await ok("apply", "-f", deployment("2"));
  t.true((await managersOf("deployment", "web")).includes("kubectl-client-side-apply Update"));
  await ok("apply", "--server-side", "-f", deployment("2"));
  const managers = await managersOf("deployment", "web");
  t.true(managers.includes("kubectl Apply"));
  t.false(managers.includes("kubectl-client-side-apply Update"));
  await ok("scale", "deployment", "web", "--replicas=5");
  t.regex(await refused("apply", "--server-side", "-f", deployment("2")), /conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas/);
  await ok("apply", "--server-side", "-f", deployment(""));
  t.is(await ok("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"), "5");
});

test.serial("the cluster's own components are managers by their names", async (t) => {
  await ok("create", "deployment", "own", "--image=img:1");
  await until("its pod", () => server.run("get", "pods", "-l", "app=own", "-o", "name"), ({ stdout }) => stdout.trim() !== "");
  await until("its status", () => managersOf("deployment", "own"), (managers) => managers.some((manager) => manager.endsWith("Update status")));
  t.deepEqual(await managersOf("deployment", "own"), ["kube-controller-manager Update status", "kubectl-create Update"]);
  const pods = JSON.parse(await ok("get", "pods", "-l", "app=own", "-o", "json", "--show-managed-fields")) as { items: { metadata: { managedFields: Entry[] } }[] };
  t.true(pods.items.every(({ metadata }) => metadata.managedFields.some(({ manager, operation }) => manager === "kube-controller-manager" && operation === "Update")));
});

test.serial("a List, a prune, an edit and a plain replace", async (t) => {
  const list = file("list.yaml", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l1, labels: {set: s}}, data: {a: b}}\n- {apiVersion: v1, kind: Secret, metadata: {name: l2, labels: {set: s}}, stringData: {a: b}}\n");
  t.is(await ok("apply", "-f", list), "configmap/l1 created\nsecret/l2 created\n");
  t.is(await ok("apply", "--server-side", "-f", list), "configmap/l1 serverside-applied\nsecret/l2 serverside-applied\n");
  const less = file("less.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: l1, labels: {set: s}}\ndata: {a: c}\n");
  t.regex(await ok("apply", "-f", less, "--prune", "-l", "set=s", "--prune-allowlist=core/v1/Secret", "--prune-allowlist=core/v1/ConfigMap"), /secret\/l2 pruned/);
  await runOk(undefined, [...server.kubectl, "edit", "configmap", "l1"], { env: { KUBE_EDITOR: "sed -i 's/a: c/a: d/'" } });
  t.is(await ok("get", "configmap", "l1", "-o", "jsonpath={.data.a}"), "d");
  t.true((await managersOf("configmap", "l1")).includes("kubectl-edit Update"));
  await ok("replace", "-f", less);
  t.is(await ok("get", "configmap", "l1", "-o", "jsonpath={.data.a}"), "c");
});
