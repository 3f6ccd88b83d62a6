import type { Container, Pod } from "../../../api/wire.ts";
import type { Init } from "../../../cri/vocabulary.ts";
import { containerHash } from "../container-hash.ts";
import { containerLogName } from "../paths.ts";
import { specOf, type SpecContainer } from "../spec.ts";
import { expand, mappingOf } from "./expansion.ts";
import { CONTAINER_NAME, GRACE, HASH, MESSAGE_PATH, MESSAGE_POLICY, podLabels, RESTART_COUNT } from "./labels.ts";
import { containerResources } from "./resources.ts";
import { type ImageUser, securityContext } from "./security.ts";

export interface ContainerInput {
  readonly pod: Pod;
  readonly nodeName: string;
  readonly entry: SpecContainer;
  readonly attempt: number;
  /** What the runtime calls the image. */
  readonly imageRef: string;
  readonly imageUser: ImageUser;
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Init<"Mount">[];
  readonly nodeMemory_bytes: number;
  readonly seccompRoot: string;
  /** Of an ephemeral container: whose processes it sees. */
  readonly targetId?: string | undefined;
}

const DEFAULT_MESSAGE_PATH = "/dev/termination-log";

/** Where the container may leave its last words. */
export function messagePathOf(container: Container): string {
  return container.terminationMessagePath || DEFAULT_MESSAGE_PATH;
}

/** The container that the runtime is asked for. */
export function containerConfig(input: ContainerInput): Init<"ContainerConfig"> {
  const { pod, entry, env } = input;
  const { container } = entry;
  const mapping = mappingOf(env);
  const encoder = new TextEncoder();
  return {
    metadata: { name: container.name, attempt: input.attempt },
    image: { image: input.imageRef, userSpecifiedImage: container.image ?? "" },
    command: (container.command ?? []).map((word) => expand(word, mapping)),
    args: (container.args ?? []).map((word) => expand(word, mapping)),
    workingDir: container.workingDir ?? "",
    envs: [...env].map(([key, value]) => ({ key, value: encoder.encode(value) })),
    mounts: input.mounts,
    labels: { ...podLabels(pod, input.nodeName), [CONTAINER_NAME]: container.name },
    annotations: annotationsOf(pod, container, input.attempt),
    logPath: containerLogName(container.name, input.attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: containerResources(pod, container, input.nodeMemory_bytes),
      securityContext: securityContext({ pod, container, imageUser: input.imageUser, seccompRoot: input.seccompRoot, targetId: input.targetId }),
    },
    ...stopSignalOf(container),
  };
}

function annotationsOf(pod: Pod, container: Container, attempt: number): Record<string, string> {
  return {
    [HASH]: containerHash(container),
    [RESTART_COUNT]: String(attempt),
    [MESSAGE_PATH]: messagePathOf(container),
    [MESSAGE_POLICY]: container.terminationMessagePolicy ?? "File",
    [GRACE]: String(specOf(pod).terminationGracePeriodSeconds ?? 30),
  };
}

function stopSignalOf(container: Container): Pick<Init<"ContainerConfig">, "stopSignal"> {
  const signal = container.lifecycle?.stopSignal;
  return signal === undefined ? {} : { stopSignal: `SIGNAL_${signal}` as NonNullable<Init<"ContainerConfig">["stopSignal"]> };
}
