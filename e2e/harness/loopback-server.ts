import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BERTH } from "./cluster.ts";
import { type HostProcess, startOnHost } from "./host-process.ts";
import { until } from "./objects.ts";
import { rawClient } from "./raw-client.ts";
import { type RunResult, run, runOk } from "./run.ts";

/** `bin/berth server` with its controllers on loopback, without nodes: for what clients see of the API. */
export class LoopbackServer {
  readonly dir = mkdtempSync(join(tmpdir(), "berth-server-"));
  readonly #port = 20_000 + (process.pid % 20_000);
  readonly url = `https://127.0.0.1:${this.#port}`;
  #process: HostProcess | undefined;
  #kubeconfig = "";

  /** Resolves when it is ready and has made the namespace `default` and its ServiceAccount. */
  async start(): Promise<void> {
    this.#process = startOnHost(undefined, "server", [BERTH, "server", "--data-dir", this.dir, "--listen", `127.0.0.1:${this.#port}`], { logFile: join(this.dir, "server.log") });
    this.#kubeconfig = await until("the PKI", async () => (await runOk(undefined, [BERTH, "kubeconfig", "--data-dir", this.dir, "--server", this.url])).trim(), () => true);
    const send = rawClient(this.#kubeconfig);
    await until("ready", () => send({ method: "GET", path: "/readyz" }), ({ code }) => code === 200);
    await until("the ServiceAccount", () => send({ method: "GET", path: "/api/v1/namespaces/default/serviceaccounts/default" }), ({ code }) => code === 200);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  running(): boolean {
    return this.#process?.running() ?? false;
  }

  /** kill -9; `start` brings it back. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Ends it and removes all that it kept. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The administrator's kubeconfig, a file. */
  get kubeconfig(): string {
    return this.#kubeconfig;
  }

  /** How the machine's kubectl is called for this server. */
  get kubectl(): readonly string[] {
    return ["kubectl", "--kubeconfig", this.#kubeconfig, "--cache-dir", join(this.dir, "cache")];
  }

  run(...words: string[]): Promise<RunResult> {
    return run(undefined, [...this.kubectl, ...words]);
  }

  /** What kubectl prints. @throws Error when it fails */
  ok(...words: string[]): Promise<string> {
    return runOk(undefined, [...this.kubectl, ...words]);
  }

  /** What kubectl prints while it fails. @throws Error when it does not */
  async refused(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    if (code === 0) throw new Error(`kubectl ${words.join(" ")} was not refused`);
    return stdout + stderr;
  }

  /** Writes a file beside the server's. @returns its path */
  file(name: string, text: string, mode = 0o644): string {
    const path = join(this.dir, name);
    writeFileSync(path, text, { mode });
    return path;
  }
}
