import { join } from "node:path";
import { existsSync } from "node:fs";
import type { Message } from "../../cri/vocabulary.ts";
import type { ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { resolveInRoot } from "../os/rooted-path.ts";
import type { ContainerRecord } from "../state/records.ts";
import { mountLayers } from "./rootfs.ts";

/** Directory in a container's own where the images that it mounts as volumes are. */
export const IMAGE_MOUNTS = "images";

/** The container's mounts, those of images turned into binds of the image's files, which are mounted here read-only. */
export function imageMounts(context: ShimContext, record: ContainerRecord, mounts: readonly Message<"Mount">[], directory: string): Message<"Mount">[] {
  return mounts.map((request, index) => {
    if (request.image === undefined || request.image.image === "") return request;
    const image = context.images.find(request.image.image);
    if (image === undefined) throw new CriError("NOT_FOUND", `mount ${request.containerPath}: image ${JSON.stringify(request.image.image)} not found: pull it first`);
    const target = join(directory, IMAGE_MOUNTS, String(index));
    const releaseOwn = context.layerPins.get(record.id);
    const release = context.images.pin(image.config.diffIds);
    context.layerPins.set(record.id, () => {
      releaseOwn?.();
      release();
    });
    record.layers = [...record.layers, ...image.config.diffIds];
    mountLayers(context.images.layers, image.config.diffIds, target);
    const source = resolveInRoot(target, request.imageSubPath);
    if (!existsSync(source)) throw new CriError("INVALID_ARGUMENT", `mount ${request.containerPath}: image ${request.image.image} has no ${JSON.stringify(request.imageSubPath)}`);
    return { ...request, hostPath: source, readonly: true };
  });
}
