import { join } from "node:path";
import test from "ava";
import { LoopbackServer } from "../harness/loopback-server.ts";
import { run, runOk } from "../harness/run.ts";

/** kubectl's questions to a server on loopback: who am I, what may I, what is there and what does it mean. */
const server = new LoopbackServer();

test.before(() => server.start());
test.after.always(() => server.stop());

const ok = (...words: string[]) => server.ok(...words);

test.serial("auth: whoami, can-i, can-i --list, create token", async (t) => {
  t.regex(await ok("auth", "whoami"), /Username\s+admin[\s\S]*system:masters/);
  t.is((await ok("auth", "can-i", "*", "*", "--all-namespaces")).trim(), "yes");
  t.is((await run(undefined, [...server.kubectl, "auth", "can-i", "list", "secrets", "--as", "bob"])).stdout.trim(), "no");
  await ok("create", "role", "reader", "--verb=get,list", "--resource=pods");
  await ok("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:default");
  t.is((await ok("auth", "can-i", "list", "pods", "--as", "system:serviceaccount:default:default")).trim(), "yes");
  const list = await ok("auth", "can-i", "--list", "--as", "system:serviceaccount:default:default");
  t.regex(list, /^pods\s+\[\]\s+\[\]\s+\[get list\]$/m);
  t.regex(list, /selfsubjectreviews\.authentication\.k8s\.io\s+\[\]\s+\[\]\s+\[create\]/);
  const token = (await ok("create", "token", "default", "--duration=10m")).trim();
  const as = ["kubectl", "--server", server.url, "--certificate-authority", join(server.dir, "pki", "ca.crt"), "--token", token, "--kubeconfig", "/dev/null"];
  t.regex(await runOk(undefined, [...as, "auth", "whoami"]), /system:serviceaccount:default:default/);
  t.is((await runOk(undefined, [...as, "auth", "can-i", "get", "pods"])).trim(), "yes");
});

test.serial("explain --recursive explains every resource", async (t) => {
  const lines = (await ok("api-resources", "--no-headers")).trim().split("\n");
  const resources = lines.map((line) => {
    const words = line.trim().split(/\s+/);
    // Short names may be missing between the name and the version.
    const version = words.find((word, i) => i > 0 && /^(?:[a-z0-9.-]+\/)?v\d+[a-z0-9]*$/.test(word)) ?? "";
    return { name: words[0] ?? "", version, kind: words.at(-1) ?? "" };
  });
  t.true(resources.length > 40);
  for (const { name, version, kind } of resources) {
    const text = await ok("explain", name, "--api-version", version, "--recursive");
    t.regex(text, new RegExp(`^KIND:\\s+${kind}$`, "m"), `${name} ${version}`);
    t.regex(text, /^FIELDS:$/m, `${name} ${version}`);
  }
  t.regex(await ok("explain", "pods.spec.containers.resources", "--output", "plaintext-openapiv2"), /limits\s+<map\[string\]/);
  t.regex(await ok("explain", "deployments.spec.strategy.rollingUpdate.maxSurge"), /IntOrString/);
});

test.serial("apply of a List validates each of its items", async (t) => {
  const map = (name: string, more = "") => `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: ${name}}\n  data: {a: b}\n${more}`;
  const list = (...items: string[]) => server.file("list.yaml", `apiVersion: v1\nkind: List\nitems:\n${items.join("")}`);
  t.regex(await server.refused("apply", "-f", list(map("one"), map("two", "  colour: red\n"))), /unknown field "colour"/);
  const file = list(map("three"), map("four"));
  t.regex(await ok("apply", "-f", file), /configmap\/three created\s+configmap\/four created/);
  t.is((await ok("apply", "-f", file, "--server-side", "--force-conflicts")).trim().split("\n").length, 2);
});

test.serial("get apiservices shows who serves what", async (t) => {
  const list = await ok("get", "apiservices");
  t.regex(list, /^v1\.apps\s+Local\s+True\s/m);
  t.regex(list, /^v1\.\s+Local\s+True\s/m);
});
