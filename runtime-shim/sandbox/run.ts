import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { now_ns, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { attachmentOf } from "../network/network.ts";
import { createNamespaces, setInterfaceUp } from "../os/namespaces.ts";
import { newId } from "../state/ids.ts";
import type { SandboxRecord } from "../state/records.ts";
import { destroySandbox } from "./destroy.ts";
import { writeSandboxFiles } from "./files.ts";
import { pinnedKinds } from "./placement.ts";
import { publishSandbox } from "./publish.ts";
import { applySysctls, sysctlsOf } from "./sysctls.ts";

/** Where sandboxes' cgroups are when the caller names no parent. */
export const OWN_CGROUP = "/berth";

/** Makes a sandbox: its namespaces, network and files. It has no process of its own. */
export async function runPodSandbox(context: ShimContext, request: Message<"RunPodSandboxRequest">): Promise<Init<"RunPodSandboxResponse">> {
  const config = checkedConfig(request.config);
  if (request.runtimeHandler !== "" && request.runtimeHandler !== context.runtime.name) throw new CriError("UNKNOWN", `failed to get sandbox runtime: no runtime for ${JSON.stringify(request.runtimeHandler)} is configured, only ${context.runtime.name}`);
  reserveName(context, config);
  const record = recordOf(context, config, request.runtimeHandler);
  const sysctls = sysctlsOf(record);
  context.sandboxes.create(record);
  return context.locks.run(record.id, async () => {
    context.failpoint("sandbox.run.recorded");
    try {
      makeNamespaces(context, record, sysctls);
      await attachNetwork(context, record);
      writeSandboxFiles(context, record);
      context.failpoint("sandbox.run.files");
    } catch (error) {
      await destroySandbox(context, record).catch((left: unknown) => context.logger.error({ sandbox: record.id, error: String(left) }, "a sandbox that failed could not be removed: the next start tries again"));
      throw error;
    }
    record.phase = "ready";
    context.sandboxes.save(record);
    context.failpoint("sandbox.run.ready");
    publishSandbox(context, record, "CONTAINER_CREATED_EVENT");
    publishSandbox(context, record, "CONTAINER_STARTED_EVENT");
    return { podSandboxId: record.id };
  });
}

function checkedConfig(config: Message<"PodSandboxConfig"> | undefined): Message<"PodSandboxConfig"> {
  if (config?.metadata === undefined || config.metadata.name === "") throw new CriError("INVALID_ARGUMENT", "sandbox config has no metadata.name");
  const options = config.linux?.securityContext?.namespaceOptions;
  if (options?.usernsOptions !== undefined && options.usernsOptions.mode === "POD") throw new CriError("UNIMPLEMENTED", "user namespaces are not supported");
  const parent = config.linux?.cgroupParent ?? "";
  if (parent.endsWith(".slice")) throw new CriError("INVALID_ARGUMENT", `cgroup parent ${parent} is a systemd slice: the cgroup driver is cgroupfs`);
  if (parent.split("/").includes("..")) throw new CriError("INVALID_ARGUMENT", `cgroup parent ${parent} has ".." in it`);
  if (/[^A-Za-z0-9.-]/.test(config.hostname) || config.hostname.length > 64) throw new CriError("INVALID_ARGUMENT", `hostname ${JSON.stringify(config.hostname)} is not a host name of at most 64 characters`);
  return config;
}

function reserveName(context: ShimContext, config: Message<"PodSandboxConfig">): void {
  const wanted = config.metadata;
  for (const other of context.sandboxes.values()) {
    const has = other.config.metadata;
    if (has?.name === wanted?.name && has?.namespace === wanted?.namespace && has?.uid === wanted?.uid && has?.attempt === wanted?.attempt)
      throw new CriError("ALREADY_EXISTS", `a sandbox of pod ${wanted?.namespace}/${wanted?.name}, uid ${wanted?.uid}, attempt ${wanted?.attempt}, is there already as ${other.id}`);
  }
}

function recordOf(context: ShimContext, config: Message<"PodSandboxConfig">, runtimeHandler: string): SandboxRecord {
  const id = newId(context.random);
  const parent = config.linux?.cgroupParent ?? "";
  return { id, config, runtimeHandler, createdAt_ns: now_ns(context), bootId: context.bootId, phase: "creating", ips: [], ownCgroup: parent === "", cgroupParent: parent === "" ? join(OWN_CGROUP, id) : join("/", parent) };
}

function makeNamespaces(context: ShimContext, record: SandboxRecord, sysctls: readonly (readonly [string, string])[]): void {
  mkdirSync(context.paths.namespaces(), { recursive: true, mode: 0o700 });
  const kinds = pinnedKinds(record);
  if (kinds.length > 0) {
    const pins = Object.fromEntries(kinds.map((kind) => [kind, context.paths.namespace(record.id, kind)]));
    createNamespaces(pins, () => {
      if (kinds.includes("net")) setInterfaceUp("lo");
      applySysctls(sysctls);
    });
  }
  if (record.config.logDirectory !== "" && !existsSync(record.config.logDirectory)) mkdirSync(record.config.logDirectory, { recursive: true, mode: 0o755 });
  context.failpoint("sandbox.run.namespaces");
}

async function attachNetwork(context: ShimContext, record: SandboxRecord): Promise<void> {
  if (!pinnedKinds(record).includes("net")) return;
  record.ips = await context.network.attach(attachmentOf(record.id, context.paths.namespace(record.id, "net"), record.config));
  context.failpoint("sandbox.run.network");
}
