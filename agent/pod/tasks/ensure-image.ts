import type { Container, Pod } from "../../../api/wire.ts";
import type { EventText } from "../../../client/event-recorder.ts";
import type { Init, Message } from "../../../cri/vocabulary.ts";
import { isCriCode } from "../../cri/cri-client.ts";
import { withDefaultTag } from "../config/image-name.ts";
import type { ImageUser } from "../config/security.ts";
import type { NodeContext } from "../node-context.ts";
import { uidOf } from "../spec.ts";
import { pullCredentials } from "./pull-credentials.ts";
import { runtimeWords, StartFailure } from "./start-failure.ts";

export interface LocalImage {
  /** What the runtime calls it. */
  readonly ref: string;
  readonly user: ImageUser;
}

export interface ImageTask {
  readonly pod: Pod;
  readonly container: Container;
  readonly signal: AbortSignal;
  readonly event: (event: EventText) => void;
  /** A pull begins: it can take long. */
  readonly onPull: () => void;
  /** Asked before. */
  readonly status?: Promise<Message<"Image"> | undefined> | undefined;
}

/** A pull may take this long; a stuck one is given up and tried again. */
const PULL_TIMEOUT_MS = 60 * 60_000;

/** The container's image by its pull policy, with kubelet's events. @throws StartFailure */
export async function ensureImage(context: NodeContext, task: ImageTask): Promise<LocalImage> {
  const written = task.container.image ?? "";
  const image = nameOf(task, written);
  const policy = task.container.imagePullPolicy ?? (image.endsWith(":latest") ? "Always" : "IfNotPresent");
  const credentials = await pullCredentials(task.pod, image, context.references);
  if (credentials.missing.length > 0) {
    const message = `Unable to retrieve some image pull secrets (${credentials.missing.join(", ")}); attempting to pull the image may not succeed.`;
    context.recorder.event(task.pod, { type: "Warning", reason: "FailedToRetrieveImagePullSecret", message });
  }
  const present = (await task.status) ?? (await statusOf(context, task, image));
  if (present !== undefined && policy !== "Always") {
    task.event({ type: "Normal", reason: "Pulled", message: `Container image "${written}" already present on machine and can be accessed by the pod` });
    return localImage(present);
  }
  if (policy === "Never") {
    const message = `Container image "${written}" is not present with pull policy of Never`;
    task.event({ type: "Warning", reason: "ErrImageNeverPull", message });
    throw new StartFailure("ErrImageNeverPull", message);
  }
  return pull(context, task, image, credentials.auths);
}

/** Asks for an image's status ahead of its container's start; nothing where that fails: the start asks again, and says why. */
export function imageAhead(context: NodeContext, container: Container): Promise<Message<"Image"> | undefined> {
  if (container.imagePullPolicy === "Always" || container.imagePullPolicy === undefined) return Promise.resolve(undefined);
  try {
    return context.cri.image.ImageStatus({ image: { image: withDefaultTag(container.image ?? "") } }).then((answer) => answer.image, () => undefined);
  } catch {
    return Promise.resolve(undefined);
  }
}

function nameOf(task: ImageTask, written: string): string {
  try {
    return withDefaultTag(written);
  } catch (error) {
    const { message } = error as Error;
    task.event({ type: "Warning", reason: "InspectFailed", message });
    throw new StartFailure("InvalidImageName", message);
  }
}

async function statusOf(context: NodeContext, task: ImageTask, image: string): Promise<Message<"Image"> | undefined> {
  try {
    return (await context.cri.image.ImageStatus({ image: { image } }, { signal: task.signal })).image;
  } catch (error) {
    const message = `Failed to inspect image "${image}": ${(error as Error).message}`;
    task.event({ type: "Warning", reason: "InspectFailed", message });
    throw new StartFailure("ImageInspectError", message);
  }
}

async function pull(context: NodeContext, task: ImageTask, image: string, auths: readonly Init<"AuthConfig">[]): Promise<LocalImage> {
  const { imageBackoffs, clock } = context;
  const uid = uidOf(task.pod);
  const written = task.container.image ?? "";
  const waiting = imageBackoffs.waiting(uid, image, clock.now_ms());
  if (waiting !== undefined) {
    const message = `Back-off pulling image "${written}"`;
    task.event({ type: "Normal", reason: "BackOff", message });
    throw new StartFailure("ImagePullBackOff", `${message}: ${waiting.message}`, { retryAt_ms: waiting.until_ms });
  }
  task.onPull();
  task.event({ type: "Normal", reason: "Pulling", message: `Pulling image "${written}"` });
  const started_ms = clock.monotonic_ms();
  try {
    await pullWithAny(context, task, image, auths);
  } catch (error) {
    if (task.signal.aborted) throw error;
    const words = pullWords(error);
    task.event({ type: "Warning", reason: "Failed", message: `Failed to pull image "${written}": ${words}` });
    const { reason, message } = verdictOf(words, written);
    imageBackoffs.failed(uid, image, `${reason}: ${message}`, clock.now_ms());
    throw new StartFailure(reason, message);
  }
  imageBackoffs.succeeded(uid, image);
  const took = goSeconds(clock.monotonic_ms() - started_ms);
  const pulled = await statusOf(context, task, image);
  if (pulled === undefined) throw new StartFailure("ErrImagePull", `image "${written}" is gone right after it was pulled`);
  task.event({ type: "Normal", reason: "Pulled", message: `Successfully pulled image "${written}" in ${took} (${took} including waiting). Image size: ${pulled.size} bytes.` });
  return localImage(pulled);
}

async function pullWithAny(context: NodeContext, task: ImageTask, image: string, auths: readonly Init<"AuthConfig">[]): Promise<void> {
  const candidates = auths.length === 0 ? [undefined] : auths;
  for (const [index, auth] of candidates.entries()) {
    try {
      const request = { image: { image, userSpecifiedImage: image }, ...(auth === undefined ? {} : { auth }) };
      await context.cri.image.PullImage(request, { signal: task.signal, timeout_ms: PULL_TIMEOUT_MS });
      return;
    } catch (error) {
      if (index === candidates.length - 1 || task.signal.aborted) throw error;
    }
  }
}

/** The code that says nothing is left out, as kubelet's client of the runtime does. */
function pullWords(error: unknown): string {
  return isCriCode(error, "Unknown") ? runtimeWords(error) : (error as Error).message;
}

const CAUSES = { RegistryUnavailable: "the registry is unavailable", SignatureValidationFailed: "the signature validation failed" } as const;

/** Runtimes name two causes at the start of their message, which kubelet makes reasons of. */
function verdictOf(words: string, image: string): { reason: string; message: string } {
  for (const [reason, cause] of Object.entries(CAUSES)) {
    if (words.startsWith(reason)) return { reason, message: `image pull failed for ${image} because ${cause}${words.slice(reason.length)}` };
  }
  return { reason: "ErrImagePull", message: words };
}

function localImage(image: Message<"Image">): LocalImage {
  const uid = image.uid?.value;
  return { ref: image.id, user: uid !== undefined ? { uid } : image.username === "" ? { uid: 0 } : { username: image.username } };
}

/** `1.234s`, `345ms`. */
function goSeconds(duration_ms: number): string {
  const rounded = Math.max(1, Math.round(duration_ms));
  return rounded < 1000 ? `${rounded}ms` : `${rounded / 1000}s`;
}

