import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { readJson, writeFileAtomic } from "../os/files.ts";
import { CHILD_PATH, run } from "../os/processes.ts";
import type { NetworkConf, PluginConf } from "./cni-conf.ts";

/** A sandbox as CNI plugins are told of it. */
export interface Attachment {
  readonly sandboxId: string;
  /** Path of its network namespace; empty when that is gone. */
  readonly namespace: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
  readonly portMappings: readonly { readonly hostPort: number; readonly containerPort: number; readonly protocol: string; readonly hostIP: string }[];
}

interface CniResult {
  readonly ips?: readonly { readonly address: string; readonly interface?: number }[];
  readonly ip4?: { readonly ip: string };
  readonly ip6?: { readonly ip: string };
}

/** What was done for a sandbox, kept until it is undone: plugins must be given the same configuration and their result. */
interface Recorded {
  readonly conf: NetworkConf;
  readonly attachment: Attachment;
  readonly result?: unknown;
}

const INTERFACE = "eth0";
const PLUGIN_TIMEOUT_MS = 60_000;

/** Calls CNI plugins (specification 1.0) by executing them, and remembers for whom. */
export class Cni {
  readonly #binDir: string;
  readonly #stateDir: string;
  readonly #clock: Clock;

  constructor(options: { binDir: string; stateDir: string; clock: Clock }) {
    this.#binDir = options.binDir;
    this.#stateDir = join(options.stateDir, "attached");
    this.#clock = options.clock;
    mkdirSync(this.#stateDir, { recursive: true, mode: 0o700 });
  }

  /** Attaches a sandbox's namespace to the network and returns its addresses. On failure nothing is left attached. */
  async add(conf: NetworkConf, attachment: Attachment): Promise<string[]> {
    this.#save({ conf, attachment });
    try {
      let result: unknown;
      for (const plugin of conf.plugins) result = await this.#call("ADD", conf, plugin, attachment, result);
      this.#save({ conf, attachment, result });
      return addressesOf(result as CniResult);
    } catch (error) {
      await this.del(attachment.sandboxId).catch(() => {});
      throw error;
    }
  }

  /** Detaches a sandbox; nothing to do when it is not attached. Plugins tolerate a namespace that is gone. */
  async del(sandboxId: string): Promise<void> {
    const recorded = readJson(join(this.#stateDir, sandboxId)) as Recorded | undefined;
    if (recorded === undefined) return;
    for (const plugin of recorded.conf.plugins.toReversed()) await this.#call("DEL", recorded.conf, plugin, recorded.attachment, recorded.result);
    rmSync(join(this.#stateDir, sandboxId), { force: true });
  }

  /** Ids of all sandboxes that are attached, or half so. */
  attached(): string[] {
    return readdirSync(this.#stateDir).filter((name) => /^[0-9a-f]{64}$/.test(name));
  }

  #save(recorded: Recorded): void {
    writeFileAtomic(join(this.#stateDir, recorded.attachment.sandboxId), JSON.stringify(recorded));
  }

  async #call(command: "ADD" | "DEL", conf: NetworkConf, plugin: PluginConf, attachment: Attachment, previous: unknown): Promise<unknown> {
    const { capabilities, ...own } = plugin;
    const wantsPorts = capabilities?.["portMappings"] === true && attachment.portMappings.length > 0;
    const input = {
      ...own,
      name: conf.name,
      cniVersion: conf.cniVersion,
      ...(wantsPorts ? { runtimeConfig: { portMappings: attachment.portMappings } } : {}),
      ...(previous === undefined ? {} : { prevResult: previous }),
    };
    const result = await run(join(this.#binDir, plugin.type), [], {
      clock: this.#clock,
      input: JSON.stringify(input),
      timeout_ms: PLUGIN_TIMEOUT_MS,
      env: {
        PATH: CHILD_PATH,
        CNI_COMMAND: command,
        CNI_CONTAINERID: attachment.sandboxId,
        CNI_NETNS: attachment.namespace,
        CNI_IFNAME: INTERFACE,
        CNI_PATH: this.#binDir,
        CNI_ARGS: argsOf(attachment),
      },
    });
    if (result.exitCode !== 0) throw new Error(`network plugin ${plugin.type} ${command}: ${complaint(result.stdout, result.stderr)}`);
    return command === "ADD" ? JSON.parse(result.stdout.toString()) : undefined;
  }
}

function argsOf(attachment: Attachment): string {
  const pairs = [
    ["IgnoreUnknown", "1"],
    ["K8S_POD_NAMESPACE", attachment.podNamespace],
    ["K8S_POD_NAME", attachment.podName],
    ["K8S_POD_INFRA_CONTAINER_ID", attachment.sandboxId],
    ["K8S_POD_UID", attachment.podUid],
  ];
  return pairs
    .filter(([, value]) => !/[;=]/.test(value ?? ""))
    .map(([key, value]) => `${key}=${value}`)
    .join(";");
}

/** Plugins report errors as JSON on stdout: code, msg, details. */
function complaint(stdout: Buffer, stderr: Buffer): string {
  try {
    const error = JSON.parse(stdout.toString()) as { msg?: string; details?: string };
    if (error.msg !== undefined) return error.details ? `${error.msg}: ${error.details}` : error.msg;
  } catch {
    // not JSON: what it printed is all there is
  }
  return (stderr.toString() || stdout.toString()).trim() || "it did not say why";
}

/** Addresses without their prefix length, in the plugin's order; results before version 1.0 have ip4 and ip6 or version in each. */
function addressesOf(result: CniResult | undefined): string[] {
  const addresses = result?.ips?.map((ip) => ip.address) ?? [result?.ip4?.ip, result?.ip6?.ip].filter((ip) => ip !== undefined);
  return addresses.map((address) => address.split("/")[0] as string);
}
