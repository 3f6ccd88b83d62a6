import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pod } from "../../api/wire.ts";
import { systemClock } from "../../lib/clock.ts";
import { BERTH, storesUnderTest, type TestCluster } from "../harness/cluster.ts";
import { BUSYBOX, WEB_1 } from "../harness/images.ts";
import { applyText, getJson, isReady, until } from "../harness/objects.ts";
import { run, runOk } from "../harness/run.ts";
import { suiteOn } from "../harness/suite.ts";

/** Both ways that kubectl opens streams; SPDY is what older ones and many Go programs know. */
const TRANSPORTS = [
  ["WebSocket", {}],
  ["SPDY", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
] as const;

const SAY_TIMEOUT_MS = 20_000;
const ECHO = "while read line; do echo out $line; echo err $line >&2; done; echo input ended; exec sleep 1000";
const pod = (name: string, container: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: BUSYBOX, ...container }] } });
const sh = (script: string) => ["sh", "-c", script];

/** A kubectl that runs beside the test, on the server's host. */
class Running {
  readonly child: ChildProcess;
  #text = "";
  #changed: () => void = () => undefined;
  readonly #exited: Promise<number | null>;

  constructor(cluster: TestCluster, command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { namespace } = cluster.lab.host("s1");
    this.child = spawn("nsenter", [`--net=/run/netns/${namespace}`, "--", ...command], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    for (const output of [this.child.stdout, this.child.stderr]) {
      output?.setEncoding("utf8").on("data", (text: string) => {
        this.#text += text;
        this.#changed();
      });
    }
    this.#exited = new Promise((resolve) => {
      this.child.once("close", (code) => {
        resolve(code);
        this.#changed();
      });
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until it has said this. @throws Error when it ends before, or has not said it in time */
  async said(pattern: RegExp): Promise<void> {
    let late = false;
    const timer = systemClock.after(SAY_TIMEOUT_MS, () => {
      late = true;
      this.#changed();
    });
    try {
      while (!pattern.test(this.#text)) {
        if (late || this.child.exitCode !== null) throw new Error(`${late ? "it goes on" : `it ended with ${this.child.exitCode}`} and never said ${pattern}, but:\n${this.#text}`);
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
        });
      }
    } finally {
      timer.cancel();
    }
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  async stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return await this.#exited;
  }

  get exited(): Promise<number | null> {
    return this.#exited;
  }
}

suiteOn(storesUnderTest(), { nodes: 1 }, ({ test }) => {
  test("pods are there", async (t, cluster) => {
    await applyText(cluster, pod("box", { command: sh("echo started; exec sleep 1000") }));
    await applyText(cluster, { ...pod("web", { image: WEB_1, ports: [{ name: "http", containerPort: 8080 }], readinessProbe: { exec: { command: ["test", "-e", "/www/index.html"] }, periodSeconds: 1 } }) });
    await applyText(cluster, { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }] } });
    for (const transport of ["websocket", "spdy", "berth", "client"]) await applyText(cluster, pod(`echo-${transport}`, { command: sh(ECHO), stdin: true, stdinOnce: true }));
    for (const name of ["box", "web", "echo-websocket", "echo-spdy", "echo-berth", "echo-client"]) await until(`${name} is ready`, () => getJson<Pod>(cluster, ["pod", name]), isReady);
    t.pass();
  });

  for (const [transport, env] of TRANSPORTS) {
    test(`${transport}: exec gives output, input, errors and exit codes`, async (t, cluster) => {
      const exec = (args: readonly string[], input = "") => cluster.kubectl(["exec", "-c", "c", ...args], { env, input });
      t.deepEqual(await exec(["box", "--", ...sh("echo out; echo err >&2; exit 7")]), { code: 7, stdout: "out\n", stderr: "err\ncommand terminated with exit code 7\n" });
      const big = "0123456789".repeat(200_000);
      t.true((await exec(["-i", "box", "--", "cat"], big)).stdout === big);
      t.is((await exec(["-i", "box", "--", "wc", "-c"], big)).stdout.trim(), String(big.length));
      t.regex((await exec(["box", "--", "/no/such/program"])).stderr, /no such file or directory/);
      t.regex((await cluster.kubectl(["exec", "box", "-c", "other", "--", "true"], { env })).stderr, /container other is not valid for pod box/);
    });

    test(`${transport}: exec -it has a terminal with a size`, async (t, cluster) => {
      const terminal = new Running(cluster, ["script", "-qefc", "stty rows 33 cols 101; kubectl exec -it box -- sh", "/dev/null"], env);
      await terminal.said(/[#$] /);
      terminal.type("stty size; tty\n");
      // One more carriage return where the test's own terminal is not raw yet.
    await terminal.said(/33 101\r+\n\/dev\/pts\/\d+/);
      terminal.type("exit 5\n");
      t.is(await terminal.exited, 5, terminal.text);
    });

    test(`${transport}: cp both ways is the same file`, async (t, cluster) => {
      const from = join(cluster.dir, `sent-${transport}`);
      writeFileSync(from, randomBytes(3_000_000));
      await cluster.kubectlOk(["cp", from, `box:/tmp/file-${transport}`], { env });
      await cluster.kubectlOk(["cp", `box:/tmp/file-${transport}`, `${from}-back`], { env });
      t.true(readFileSync(from).equals(readFileSync(`${from}-back`)));
    });

    test(`${transport}: attach joins the container's own streams`, async (t, cluster) => {
      const attached = new Running(cluster, ["kubectl", "attach", "-i", `echo-${transport.toLowerCase()}`], env);
      attached.type("one\n");
      await attached.said(/out one/);
      await attached.said(/err one/);
      attached.child.stdin?.end();
      await attached.said(/input ended/);
      await attached.stop();
      t.pass();
    });

    test(`${transport}: port-forward carries connections, also many at once, and outlives a refused one`, async (t, cluster) => {
      const host = cluster.lab.host("s1");
      const port = transport === "SPDY" ? 8092 : 8091;
      const forward = new Running(cluster, ["kubectl", "port-forward", "service/web", `${port}:http`], env);
      try {
        await forward.said(/Forwarding from 127\.0\.0\.1/);
        const get = () => runOk(host, ["busybox", "wget", "-q", "-O", "-", `http://127.0.0.1:${port}/`]);
        t.regex(await get(), /^version 1 on web/);
        for (const page of await Promise.all(Array.from({ length: 8 }, get))) t.regex(page, /^version 1 on web/);
      } finally {
        await forward.stop();
      }
      const refused = new Running(cluster, ["kubectl", "port-forward", "pod/web", `${port + 10}:81`], env);
      try {
        await refused.said(/Forwarding from 127\.0\.0\.1/);
        await run(host, ["busybox", "wget", "-q", "-O", "-", `http://127.0.0.1:${port + 10}/`]);
        await refused.said(/error forwarding port 81 to pod .*connection refused/);
      } finally {
        await refused.stop();
      }
    });

    test(`${transport}: debug adds a container to a running pod and attaches to it`, async (t, cluster) => {
      const name = `debugger-${transport.toLowerCase()}`;
      const debug = new Running(cluster, ["script", "-qefc", `kubectl debug -it box --image=${BUSYBOX} --target=c -c ${name} -- sh`, "/dev/null"], env);
      await debug.said(/[#$] /);
      debug.type("ps | grep -c 'slee[p] 1000'; echo do''ne\n");
      await debug.said(/done/);
      debug.type("exit 0\n");
      await debug.exited;
      const ended = await until("the debugger ended", () => getJson<Pod>(cluster, ["pod", "box"]), (box) => box.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state?.terminated !== undefined);
      t.is(ended.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state?.terminated?.exitCode, 0, debug.text);
      t.regex(debug.text, /\b1\r+\n/);
    });
  }

  test("@kubernetes/client-node: exec, attach, port-forward and logs", async (t, cluster) => {
    const script = fileURLToPath(new URL("../harness/node-client-streams.ts", import.meta.url));
    const said = JSON.parse(await runOk(cluster.lab.host("s1"), [process.execPath, script, cluster.kubeconfig, "echo-client"], { timeout_ms: 30_000 }));
    t.like(said.failed, { out: "out\n", error: "err\n", status: { status: "Failure", reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message: "3" }] } } });
    t.like(said.fine, { out: "fine\n", status: { status: "Success" } });
    t.regex(said.attached, /out hello/);
    t.regex(said.forwarded, /version 1 on web/);
    t.is(said.log, "started\n");
  });

  test("berth cp and berth attach", async (t, cluster) => {
    const folder = join(cluster.dir, "folder");
    mkdirSync(join(folder, "below"), { recursive: true });
    const content = randomBytes(500_000);
    writeFileSync(join(folder, "below", "file"), content, { mode: 0o755 });
    await cluster.berthOk(["cp", folder, "box:/tmp"]);
    t.is(await cluster.berthOk(["exec", "box", "-c", "c", "--", ...sh("cat /tmp/folder/below/file | wc -c; test -x /tmp/folder/below/file && echo same mode")]), "500000\nsame mode\n");
    await cluster.berthOk(["cp", join(folder, "below", "file"), "default/box:/tmp/renamed"]);
    await cluster.berthOk(["cp", "box:/tmp/renamed", join(cluster.dir, "back")]);
    t.true(readFileSync(join(cluster.dir, "back")).equals(content));
    await cluster.berthOk(["cp", "box:/tmp/folder", join(cluster.dir, "copy")]);
    t.true(readFileSync(join(cluster.dir, "copy", "below", "file")).equals(content));
    t.regex((await cluster.berth(["cp", "box:/no/such", join(cluster.dir, "none")])).stderr, /no such/i);
    const attached = new Running(cluster, [BERTH, "attach", "-i", "echo-berth"]);
    attached.type("one\n");
    await attached.said(/out one/);
    attached.child.stdin?.end();
    await attached.said(/input ended/);
    await attached.stop();
  });

  test("logs -f follows until the container ends", async (t, cluster) => {
    await applyText(cluster, { ...pod("talker", { command: sh("for i in 1 2 3; do echo line $i; sleep 0.3; done") }), spec: { restartPolicy: "Never", containers: [{ name: "c", image: BUSYBOX, command: sh("for i in 1 2 3; do echo line $i; sleep 0.3; done") }] } });
    await until("talker has begun", () => getJson<Pod>(cluster, ["pod", "talker"]), (talker) => ["Running", "Succeeded"].includes(talker.status?.phase ?? ""));
    t.is(await cluster.kubectlOk(["logs", "-f", "talker"]), "line 1\nline 2\nline 3\n");
  });

  test("the API server proxies to pods, services and nodes through the agent", async (t, cluster) => {
    const raw = (path: string) => cluster.kubectlOk(["get", "--raw", path]);
    t.regex(await raw("/api/v1/namespaces/default/pods/web/proxy/"), /^version 1 on web/);
    t.regex(await raw("/api/v1/namespaces/default/pods/http:web:8080/proxy/index.html"), /^version 1 on web/);
    t.regex(await raw("/api/v1/namespaces/default/services/web:http/proxy/"), /^version 1 on web/);
    t.is(await raw("/api/v1/nodes/n1/proxy/healthz"), "ok");
    t.regex((await cluster.kubectl(["get", "--raw", "/api/v1/namespaces/default/pods/web:81/proxy/"])).stderr, /dial tcp .*:81: connect: connection refused/);
  });

  test("a watch goes on after the server was restarted, from where it was", async (t, cluster) => {
    const server = cluster.servers[0]!;
    await cluster.kubectlOk(["create", "configmap", "before"]);
    const watch = new Running(cluster, ["kubectl", "get", "configmaps", "--watch"]);
    await watch.said(/before/);
    const { metadata } = await getJson<{ metadata: { resourceVersion: string } }>(cluster, ["configmap", "before"]);
    await server.process.stop();
    t.is(typeof (await watch.exited), "number");
    server.start();
    await until("the server is back", () => cluster.kubectlOk(["get", "--raw", "/readyz"]), (text) => text === "ok");
    await cluster.kubectlOk(["create", "configmap", "after"]);
    const events = await cluster.kubectlOk(["get", "--raw", `/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`]);
    t.deepEqual(events.trim().split("\n").map((line) => JSON.parse(line)).map((event) => [event.type, event.object.metadata.name]), [["ADDED", "after"]]);
    const again = new Running(cluster, ["kubectl", "get", "configmaps", "--watch"]);
    await again.said(/after/);
    await cluster.kubectlOk(["delete", "configmap", "after"]);
    await again.stop();
  });
});
