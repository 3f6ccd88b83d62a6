import { badRequest } from "../../../api/status/errors.ts";
import type { Pod } from "../../../api/wire.ts";

const DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

/** The container that is meant: the one that is named, or the only one. @throws StatusError 400 */
export function containerOf(pod: Pod, asked: string): string {
  const name = pod.metadata.name ?? "";
  const regular = (pod.spec?.containers ?? []).map((container) => container.name);
  const init = (pod.spec?.initContainers ?? []).map((container) => container.name);
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map((container) => container.name);
  if (asked !== "") {
    if ([...regular, ...init, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const annotated = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (annotated !== undefined && regular.includes(annotated)) return annotated;
  if (regular.length === 1 && regular[0] !== undefined) return regular[0];
  if (regular.length === 0) throw badRequest(`a container name must be specified for pod ${name}`);
  const others = init.length === 0 ? "" : ` or one of the init containers: [${init.join(" ")}]`;
  const debuggers = ephemeral.length === 0 ? "" : ` or one of the ephemeral containers: [${ephemeral.join(" ")}]`;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${regular.join(" ")}]${others}${debuggers}`);
}

/** Path segments for the node's agent. */
export function agentPath(...segments: string[]): string {
  return `/${segments.map(encodeURIComponent).join("/")}`;
}
