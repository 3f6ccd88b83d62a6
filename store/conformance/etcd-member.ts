import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";

export interface EtcdMemberOptions {
  readonly name: string;
  readonly address: string;
  /** Everything of this member's: data, log. */
  readonly folder: string;
  readonly scheme: "http" | "https";
  readonly flags: readonly string[];
  readonly commandPrefix: readonly string[];
}

/** The ports are the same for every member: each has an address of its own. */
export const CLIENT_PORT = 2379;
export const PEER_PORT = 2380;
const METRICS_PORT = 2381;

const START_LIMIT_MS = 60_000;
const POLL_MS = 25;

/** One etcd process; its data survives `kill` and `start`. */
export class EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly #options: EtcdMemberOptions;
  readonly #metrics: string;
  #process: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #frozen = false;

  constructor(options: EtcdMemberOptions) {
    this.name = options.name;
    this.endpoint = `${options.scheme}://${options.address}:${CLIENT_PORT}`;
    this.#metrics = `http://${options.address}:${METRICS_PORT}`;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process without waiting for it to serve. It dies with the thread that started it. */
  spawn(): void {
    const { name, address, folder, scheme, flags, commandPrefix } = this.#options;
    const log = openSync(join(folder, `${name}.log`), "a");
    const urls = {
      "listen-client-urls": `${scheme}://${address}:${CLIENT_PORT}`,
      "advertise-client-urls": `${scheme}://${address}:${CLIENT_PORT}`,
      "listen-peer-urls": `${scheme}://${address}:${PEER_PORT}`,
      "initial-advertise-peer-urls": `${scheme}://${address}:${PEER_PORT}`,
      "listen-metrics-urls": this.#metrics,
    };
    const args = ["--name", name, "--data-dir", join(folder, name), ...Object.entries(urls).map(([flag, url]) => `--${flag}=${url}`), ...flags];
    const [command, ...rest] = [...commandPrefix, "setpriv", "--pdeathsig", "KILL", "etcd", ...args];
    const child = spawn(command as string, rest, { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#process = child;
    this.#frozen = false;
    this.#exited = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    }).then(() => {
      if (this.#process === child) this.#process = undefined;
    });
  }

  /** Starts the process and waits until it serves, with a leader. */
  async start(): Promise<void> {
    this.spawn();
    await this.healthy();
  }

  /** Waits until the member is part of a cluster that has a leader. @throws Error with the end of its log */
  async healthy(): Promise<void> {
    const deadline_ms = systemClock.monotonic_ms() + START_LIMIT_MS;
    while (!(await this.#get("/health")).includes('"true"')) {
      if (this.#process === undefined) throw new Error(`etcd ${this.name} ended: ${this.#logEnd()}`);
      if (systemClock.monotonic_ms() > deadline_ms) throw new Error(`etcd ${this.name} does not become healthy: ${this.#logEnd()}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  async isLeader(): Promise<boolean> {
    return /^etcd_server_is_leader 1$/m.test(await this.#get("/metrics"));
  }

  /** kill -9, and waits for the end. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#exited;
  }

  /** Stops it in its tracks: connections stay open, nothing answers. */
  freeze(): void {
    this.#frozen = true;
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#frozen = false;
    this.#process?.kill("SIGCONT");
  }

  /** Text of its metrics endpoint, which has no TLS; empty when it does not answer. */
  async #get(path: string): Promise<string> {
    if (this.#frozen || this.#process === undefined) return "";
    try {
      const response = await fetch(`${this.#metrics}${path}`, { signal: AbortSignal.timeout(2_000) });
      return await response.text();
    } catch {
      return "";
    }
  }

  #logEnd(): string {
    return readFileSync(join(this.#options.folder, `${this.name}.log`), "utf8").slice(-2_000);
  }
}
