import { statfsSync } from "node:fs";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { now_ns, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import type { ImageRecord } from "./image-store.ts";

export async function listImages(context: ShimContext, request: Message<"ListImagesRequest">): Promise<Init<"ListImagesResponse">> {
  const wanted = request.filter?.image?.image ?? "";
  if (wanted === "") return { images: [...context.images.values()].map(describe) };
  const image = context.images.find(wanted);
  return { images: image === undefined ? [] : [describe(image)] };
}

/** An image that is not there is an empty answer, not an error. */
export async function imageStatus(context: ShimContext, request: Message<"ImageStatusRequest">): Promise<Init<"ImageStatusResponse">> {
  const name = request.image?.image ?? "";
  if (name === "") throw new CriError("INVALID_ARGUMENT", "no image is named");
  const image = context.images.find(name);
  if (image === undefined) return {};
  return { image: describe(image), info: request.verbose ? { info: JSON.stringify({ imageSpec: { config: image.config } }) } : {} };
}

/** Removes an image under all its names. One that is not there is fine; containers made from it keep its layers. */
export async function removeImage(context: ShimContext, request: Message<"RemoveImageRequest">): Promise<Init<"RemoveImageResponse">> {
  const image = context.images.find(request.image?.image ?? "");
  if (image === undefined) return {};
  context.images.remove(image.id);
  context.failpoint("image.remove.recorded");
  context.images.collect();
  context.failpoint("image.remove.layers");
  return {};
}

/** Size of all images and of the filesystem that they are on. */
export async function imageFsInfo(context: ShimContext): Promise<Init<"ImageFsInfoResponse">> {
  const layers = [...context.images.layers.values()];
  const usage = {
    timestamp: now_ns(context),
    fsId: { mountpoint: context.paths.layers() },
    usedBytes: { value: layers.reduce((sum, layer) => sum + layer.bytes, 0) },
    inodesUsed: { value: layers.reduce((sum, layer) => sum + layer.entries, 0) },
  };
  const { bsize, blocks, bfree } = statfsSync(context.paths.dataDir);
  const container = { ...usage, fsId: { mountpoint: context.paths.containers() }, usedBytes: { value: Math.max(0, (blocks - bfree) * bsize - usage.usedBytes.value) } };
  return { imageFilesystems: [usage], containerFilesystems: [container] };
}

function describe(image: ImageRecord): Init<"Image"> {
  const [user = ""] = image.config.user.split(":");
  const isNumber = /^[0-9]+$/.test(user);
  return {
    id: image.id,
    repoTags: Object.keys(image.tags),
    repoDigests: image.repoDigests,
    size: image.size_bytes,
    ...(isNumber ? { uid: { value: Number(user) } } : { username: user }),
    spec: { image: image.id },
    pinned: false,
  };
}
