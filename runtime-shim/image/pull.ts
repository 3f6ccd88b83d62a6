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
  const name = taggedName(reference) ?? `${repositoryName(reference)}@${reference.digest}`;
  const top = reference.digest ?? reference.tag ?? "latest";
  const manifest = (wanted: string) => (wanted === top ? client.manifest(wanted).catch((error) => unresolved(name, error)) : client.manifest(wanted));
  try {
    const record = await assembleImage(
      context.assembly,
      { manifest, blob: (descriptor) => context.downloads.get(client, descriptor) },
      top,
      { tags: tag === undefined ? [] : [tag], repositories: [repositoryName(reference)] },
    );
    return record.id;
  } catch (error) {
    throw new CriError(pullCode(error), `failed to pull and unpack image ${JSON.stringify(name)}: ${messageOf(error)}`);
  }
}

/** containerd's words for a name that the registry does not resolve to a manifest. */
function unresolved(name: string, error: unknown): never {
  const code = error instanceof CriError ? error.code : "UNKNOWN";
  throw new CriError(code, `failed to resolve reference ${JSON.stringify(name)}: ${code === "NOT_FOUND" ? `${name}: not found` : messageOf(error)}`);
}

/** As containerd answers: an image that is not there is told apart, and what the caller or this machine can change; all else is UNKNOWN. */
function pullCode(error: unknown): CriError["code"] {
  const code = error instanceof CriError ? error.code : "UNKNOWN";
  return code === "NOT_FOUND" || code === "INVALID_ARGUMENT" || code === "RESOURCE_EXHAUSTED" || code === "CANCELLED" ? code : "UNKNOWN";
}
