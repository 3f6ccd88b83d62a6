import type { Init, Message } from "../../cri/vocabulary.ts";
import type { ShimContext } from "../context.ts";
import { CriError, messageOf } from "../errors.ts";
import { assembleImage } from "./assemble.ts";
import { parseReference, repositoryName, taggedName, type ImageReference } from "./reference.ts";
import { credentialsOf } from "./registry-auth.ts";
import { RegistryClient } from "./registry-client.ts";

/** Brings an image from its registry. Returns its id. Concurrent pulls of one image by one user are one. */
export async function pullImage(context: ShimContext, request: Message<"PullImageRequest">): Promise<Init<"PullImageResponse">> {
  const name = request.image?.image ?? "";
  if (name === "") throw new CriError("INVALID_ARGUMENT", "no image is named");
  const reference = parseReference(name);
  const key = JSON.stringify([reference, request.auth ?? null]);
  const running = context.pulls.get(key) ?? pull(context, reference, request.auth).finally(() => context.pulls.delete(key));
  context.pulls.set(key, running);
  return { imageRef: await running };
}

async function pull(context: ShimContext, reference: ImageReference, auth: Message<"AuthConfig"> | undefined): Promise<string> {
  const { registry, repository } = reference;
  const client = new RegistryClient({ registry, repository, credentials: credentialsOf(auth, registry), fetch: context.fetch, clock: context.clock });
  const tag = reference.digest === undefined ? taggedName(reference) : undefined;
  try {
    const record = await assembleImage(
      context.assembly,
      { manifest: (wanted) => client.manifest(wanted), blob: (descriptor) => context.downloads.get(client, descriptor) },
      reference.digest ?? reference.tag ?? "latest",
      { tags: tag === undefined ? [] : [tag], repositories: [repositoryName(reference)] },
    );
    return record.id;
  } catch (error) {
    const name = taggedName(reference) ?? `${repositoryName(reference)}@${reference.digest}`;
    throw new CriError(error instanceof CriError ? error.code : "UNKNOWN", `failed to pull image ${JSON.stringify(name)}: ${messageOf(error)}`);
  }
}
