import test from "ava";
import { loadKubeconfig } from "./kubeconfig.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

const FULL = `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c1
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority-data: ${base64("CA")}
    extensions:
    - name: berth.dev/servers
      extension: { servers: ["https://10.0.0.1:6443", "https://10.0.0.2:6443"] }
- name: c2
  cluster: { server: "http://127.0.0.1:8001", insecure-skip-tls-verify: true, tls-server-name: api }
users:
- name: u1
  user: { client-certificate-data: ${base64("CERT")}, client-key: keys/u1.key }
- name: u2
  user: { tokenFile: token, as: bob, as-groups: [x, z] }
- name: u3
  user: { exec: { command: aws } }
contexts:
- name: one
  context: { cluster: c1, user: u1, namespace: prod }
- name: two
  context: { cluster: c2, user: u2 }
- name: three
  context: { cluster: c2, user: u3 }
- name: bad
  context: { cluster: nope, user: u1 }
`;

function reader(files: Record<string, string>) {
  return async (path: string) => files[path];
}

test("a context with inline data, a file beside it and further servers", async (t) => {
  const readFile = reader({ "/home/x/config": FULL, "/home/x/keys/u1.key": "KEY" });
  t.deepEqual(await loadKubeconfig({ paths: ["/home/x/config"], readFile }), {
    servers: ["https://10.0.0.1:6443", "https://10.0.0.2:6443"],
    ca: "CA",
    clientCertificate: "CERT",
    clientKey: "KEY",
    namespace: "prod",
  });
});

test("another context: token file, impersonation, no TLS verification", async (t) => {
  t.deepEqual(await loadKubeconfig({ paths: ["/c"], context: "two", readFile: reader({ "/c": FULL }) }), {
    servers: ["http://127.0.0.1:8001"],
    insecureSkipTlsVerify: true,
    tlsServerName: "api",
    tokenFile: "/token",
    impersonate: { user: "bob", groups: ["x", "z"] },
  });
});

test("several files are merged, the first wins, a missing one is skipped", async (t) => {
  const first = "current-context: two\nusers: [{name: u2, user: {token: abc}}]";
  const connection = await loadKubeconfig({ paths: ["/a", "/none", "/c"], readFile: reader({ "/a": first, "/c": FULL }) });
  t.is(connection.token, "abc");
  t.deepEqual(connection.servers, ["http://127.0.0.1:8001"]);
});

const mistakes: [string, { paths: string[]; context?: string }, Record<string, string>, RegExp][] = [
  ["no such file", { paths: ["/none"] }, {}, /there is no kubeconfig at \/none/],
  ["not YAML", { paths: ["/c"] }, { "/c": "a: [" }, /cannot read the kubeconfig \/c/],
  ["not a mapping", { paths: ["/c"] }, { "/c": "- a" }, /it is not a mapping/],
  ["no current context", { paths: ["/c"] }, { "/c": "clusters: []" }, /no context is chosen/],
  ["unknown context", { paths: ["/c"], context: "x" }, { "/c": FULL }, /no context named "x"/],
  ["unknown cluster", { paths: ["/c"], context: "bad" }, { "/c": FULL }, /no cluster named "nope"/],
  ["a key file that is missing", { paths: ["/c"] }, { "/c": FULL }, /client-key of "u1" .* there is no file \/keys\/u1.key/],
  ["a credential plugin", { paths: ["/c"], context: "three" }, { "/c": FULL }, /credential plugins .* not supported/],
  ["a server that is no URL", { paths: ["/c"] }, { "/c": FULL.replaceAll("https://10.0.0.2:6443", "ftp://x") }, /"ftp:\/\/x" is not an http\(s\) URL/],
  ["an alias bomb", { paths: ["/c"] }, { "/c": `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]` }, /alias/],
];
for (const [name, options, files, expected] of mistakes) {
  test(`refused with a clear message: ${name}`, async (t) => {
    await t.throwsAsync(loadKubeconfig({ ...options, readFile: reader(files) }), { message: expected });
  });
}
