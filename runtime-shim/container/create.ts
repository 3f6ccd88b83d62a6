import { join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { containersIn, now_ns, sandboxOf, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import type { ImageRecord } from "../image/image-store.ts";
import { writeFileAtomic } from "../os/files.ts";
import { buildSpec } from "../oci/spec.ts";
import { resolveUser } from "../oci/user.ts";
import { newId } from "../state/ids.ts";
import type { ContainerRecord, SandboxRecord } from "../state/records.ts";
import { ensureHolder } from "../sandbox/holder.ts";
import { sandboxPlacement, sharesPids, wantsHolder } from "../sandbox/placement.ts";
import { destroyContainer } from "./destroy.ts";
import { imageMounts } from "./image-mounts.ts";
import { mountRootfs } from "./rootfs.ts";
import { publishContainer } from "./publish.ts";
import { stopSignalOf } from "./stop-signal.ts";

/** Prepares a container: its root filesystem and configuration. Its processes come with StartContainer. */
export async function createContainer(context: ShimContext, request: Message<"CreateContainerRequest">): Promise<Init<"CreateContainerResponse">> {
  const config = request.config;
  if (config?.metadata === undefined || config.metadata.name === "") throw new CriError("INVALID_ARGUMENT", "container config has no metadata.name");
  if (config.cdiDevices.length > 0) throw new CriError("UNIMPLEMENTED", "CDI devices are not supported");
  const sandbox = sandboxOf(context, request.podSandboxId);
  return context.locks.run(sandbox.id, async () => {
    if (sandbox.phase !== "ready") throw new CriError("FAILED_PRECONDITION", `sandbox ${sandbox.id} is not ready`);
    reserveName(context, sandbox, config);
    const image = context.images.find(config.image?.image ?? "");
    if (image === undefined) throw new CriError("NOT_FOUND", `image ${JSON.stringify(config.image?.image ?? "")} not found: pull it first`);
    if (wantsHolder(sandbox, config)) await ensureHolder(context, sandbox);
    const record = recordOf(context, sandbox, config, image);
    const directory = context.containers.create(record);
    context.layerPins.set(record.id, context.images.pin(image.config.diffIds));
    context.failpoint("container.create.recorded");
    try {
      prepare(context, sandbox, record, config, image, directory);
    } catch (error) {
      await destroyContainer(context, record);
      throw error;
    }
    record.phase = "created";
    context.containers.save(record);
    context.failpoint("container.create.done");
    publishContainer(context, record, "CONTAINER_CREATED_EVENT");
    return { containerId: record.id };
  });
}

/** A second container of the same name and attempt is a caller's mistake, or its retry of a call that did come through. */
function reserveName(context: ShimContext, sandbox: SandboxRecord, config: Message<"ContainerConfig">): void {
  const taken = containersIn(context, sandbox.id).find((other) => other.config.metadata?.name === config.metadata?.name && other.config.metadata?.attempt === config.metadata?.attempt && other.internal !== true);
  if (taken !== undefined) throw new CriError("ALREADY_EXISTS", `container ${JSON.stringify(config.metadata?.name)}, attempt ${config.metadata?.attempt}, is there already as ${taken.id}`);
}

function recordOf(context: ShimContext, sandbox: SandboxRecord, config: Message<"ContainerConfig">, image: ImageRecord): ContainerRecord {
  const id = newId(context.random);
  const { envs: _secret, ...kept } = config;
  return {
    id,
    sandboxId: sandbox.id,
    config: kept,
    imageId: image.id,
    imageRef: image.repoDigests[0] ?? image.id,
    layers: image.config.diffIds,
    runtime: context.runtime.name,
    createdAt_ns: now_ns(context),
    cgroupPath: join(sandbox.cgroupParent, id),
    logPath: config.logPath === "" || sandbox.config.logDirectory === "" ? "" : join(sandbox.config.logDirectory, config.logPath),
    stopSignal: stopSignalOf(config.stopSignal, image.config.stopSignal),
    user: { uid: 0, gid: 0, groups: [] },
    sharesPids: sharesPids(sandbox, config),
    phase: "creating",
    ...(config.linux?.resources === undefined ? {} : { resources: config.linux.resources }),
  };
}

function prepare(context: ShimContext, sandbox: SandboxRecord, record: ContainerRecord, config: Message<"ContainerConfig">, image: ImageRecord, directory: string): void {
  const rootfs = mountRootfs(context.images.layers, image.config.diffIds, directory);
  context.failpoint("container.create.rootfs");
  const user = resolveUser(rootfs, image.config.user, config.linux?.securityContext);
  record.user = { uid: user.uid, gid: user.gid, groups: user.groups };
  const spec = buildSpec({
    config: { ...config, mounts: imageMounts(context, record, config.mounts, directory) },
    image: image.config,
    rootfs,
    user,
    sandbox: sandboxPlacement(context, sandbox, config),
    cgroupPath: record.cgroupPath,
    cgroups: context.cgroups,
    security: context.security,
    arch: context.arch,
  });
  writeFileAtomic(join(directory, "config.json"), JSON.stringify(spec));
  context.failpoint("container.create.bundle");
}
