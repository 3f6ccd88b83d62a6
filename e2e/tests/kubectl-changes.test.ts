import { join } from "node:path";
import test from "ava";
import { startOnHost } from "../harness/host-process.ts";
import { LoopbackServer } from "../harness/loopback-server.ts";
import { until } from "../harness/objects.ts";
import { run, runOk } from "../harness/run.ts";

/** A server with its controllers on loopback, and what kubectl changes, compares and waits for, also over the server's sudden end. */
const server = new LoopbackServer();

test.before(() => server.start());
test.after.always(() => server.stop());

const ok = (...words: string[]) => server.ok(...words);
const file = (name: string, ...objects: object[]) => server.file(name, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
const configMap = (name: string, value: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { k: value } });

test.serial("patch of each type on a built-in kind, and of its subresources", async (t) => {
  await ok("create", "deployment", "web", "--image=img:1", "--replicas=0");
  await ok("patch", "deployment", "web", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"more","image":"img:2"}]}}}}');
  t.is(await ok("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[*].image}"), "img:2 img:1");
  await ok("patch", "deployment", "web", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"more","$patch":"delete"}]}}}}');
  await ok("patch", "deployment", "web", "--type=json", "-p", '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"img:3"}]');
  t.is(await ok("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[*].image}"), "img:3");
  await ok("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"only","image":"img:4"}]}}}}');
  t.is(await ok("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[*].name}"), "only");
  t.is(await ok("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"paused":true}}', "--dry-run=server", "-o", "jsonpath={.spec.paused}"), "true");
  t.is(await ok("get", "deployment", "web", "-o", "jsonpath={.spec.paused}"), "");
  t.is(await ok("patch", "deployment", "web", "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":1}}', "-o", "jsonpath={.spec.replicas}"), "1");
  await ok("delete", "deployment", "web");
});

test.serial("diff of client-side apply says what would change, and an ApplySet prunes what left it", async (t) => {
  const both = file("both.json", configMap("a", "1"), configMap("b", "1"));
  const apply = (path: string) => runOk(undefined, [...server.kubectl, "apply", "-n", "default", "--prune", "--applyset=configmap/set", "-f", path], { env: { KUBECTL_APPLYSET: "true" } });
  await ok("create", "configmap", "b-stands-alone");
  await ok("apply", "-f", file("alone.json", configMap("alone", "1")));
  const diff = await run(undefined, [...server.kubectl, "diff", "-f", file("alone.json", configMap("alone", "2"))]);
  t.is(diff.code, 1, diff.stderr);
  t.regex(diff.stdout, /^- {2}k: "1"\n\+ {2}k: "2"$/m);
  t.is(await ok("get", "configmap", "alone", "-o", "jsonpath={.data.k}"), "1");
  t.is(await ok("diff", "-f", file("alone.json", configMap("alone", "1"))), "");
  t.regex(await apply(both), /^configmap\/a created\nconfigmap\/b created$/m);
  t.regex(await apply(file("both.json", configMap("a", "2"))), /configmap\/b pruned/);
  t.deepEqual((await ok("get", "configmaps", "-o", "name")).trim().split("\n").filter((name) => /\/(a|b|alone|b-stands-alone|set)$/.test(name)), ["configmap/a", "configmap/alone", "configmap/b-stands-alone", "configmap/set"]);
});

test.serial("wait: for a value, for one that is not there yet, and for an end", async (t) => {
  await ok("create", "configmap", "state");
  const waits = [ok("wait", "--for=jsonpath={.data.k}=done", "--timeout=60s", "configmap/state"), ok("wait", "--for=create", "--timeout=60s", "configmap/later"), ok("wait", "--for=jsonpath={.data.k}", "--timeout=60s", "configmap/state")];
  await ok("patch", "configmap", "state", "--type=merge", "-p", '{"data":{"k":"begun"}}');
  await ok("create", "configmap", "later");
  await ok("patch", "configmap", "state", "--type=merge", "-p", '{"data":{"k":"done"}}');
  t.deepEqual(await Promise.all(waits), ["configmap/state condition met\n", "configmap/later condition met\n", "configmap/state condition met\n"]);
  const gone = ok("wait", "--for=delete", "--timeout=60s", "configmap/state");
  await ok("delete", "configmap", "state");
  await gone;
  t.regex((await run(undefined, [...server.kubectl, "wait", "--for=jsonpath={.data.k}=never", "--timeout=1s", "configmap/later"])).stderr, /timed out waiting for the condition on configmaps\/later/);
});

test.serial("rollout status waits on over a kill of the server", async (t) => {
  await ok("create", "deployment", "rolled", "--image=img:1");
  const logFile = join(server.dir, "rollout.log");
  const rollout = startOnHost(undefined, "rollout", [...server.kubectl, "rollout", "status", "deployment/rolled", "--timeout=100s"], { logFile });
  t.teardown(() => rollout.stop());
  await until("it waits", async () => rollout.log(), (said) => /Waiting for deployment/.test(said));
  await server.kill();
  await server.start();
  t.true(rollout.running(), rollout.log());
  await ok("scale", "deployment", "rolled", "--replicas=0");
  t.is(await rollout.exited, 0, rollout.log());
  t.regex(rollout.log(), /successfully rolled out/);
});
