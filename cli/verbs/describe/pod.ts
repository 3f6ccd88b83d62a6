import type { Container, ContainerState, ContainerStatus, Pod, Probe, Volume } from "../../../api/wire.ts";
import { fields, type Section, table } from "./section.ts";

/** A pod: where it is, what its containers do and why. */
export function describePod(pod: Pod): Section[] {
  const { metadata, spec, status } = pod;
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const containers = (list: readonly Container[]) => list.flatMap((one) => [`  ${one.name}:`, ...describeContainer(one, statuses.find((candidate) => candidate.name === one.name))]);
  return [
    fields({
      Name: metadata.name,
      Namespace: metadata.namespace,
      Priority: spec?.priority ?? 0,
      "Service Account": spec?.serviceAccountName,
      Node: spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ""}` : "<none>",
      "Start Time": status?.startTime,
      Labels: metadata.labels ?? {},
      Annotations: metadata.annotations ?? {},
      Status: metadata.deletionTimestamp ? `Terminating (since ${metadata.deletionTimestamp}, grace ${metadata.deletionGracePeriodSeconds ?? 0}s)` : status?.phase,
      Reason: status?.reason,
      Message: status?.message,
      IP: status?.podIP ?? "",
      "Controlled By": owner && `${owner.kind}/${owner.name}`,
    }),
    ...(spec?.initContainers?.length ? [["Init Containers:", ...containers(spec.initContainers)]] : []),
    ["Containers:", ...containers(spec?.containers ?? [])],
    ["Conditions:", ...table([["Type", "Status", "Reason", "Message"], ...(status?.conditions ?? []).map((one) => [one.type, one.status, one.reason ?? "", one.message ?? ""])], 2)],
    (spec?.volumes?.length ?? 0) === 0 ? ["Volumes:  <none>"] : ["Volumes:", ...(spec?.volumes ?? []).flatMap(describeVolume)],
    fields({
      "QoS Class": status?.qosClass,
      "Node-Selectors": spec?.nodeSelector ?? {},
      Tolerations: (spec?.tolerations ?? []).map((one) => `${one.key ?? ""}${one.operator === "Exists" ? "" : `=${one.value ?? ""}`}${one.effect ? `:${one.effect}` : ""} op=${one.operator ?? "Equal"}${one.tolerationSeconds === undefined ? "" : ` for ${one.tolerationSeconds}s`}`),
    }),
  ];
}

function describeContainer(container: Container, status: ContainerStatus | undefined): Section {
  return fields(
    {
      "Container ID": status?.containerID ?? "",
      Image: container.image,
      "Image ID": status?.imageID ?? "",
      Ports: container.ports?.map((port) => `${port.containerPort}/${port.protocol ?? "TCP"}${port.name ? ` (${port.name})` : ""}`).join(", ") ?? "<none>",
      Command: container.command,
      Args: container.args,
      State: stateText(status?.state),
      "Last State": status?.lastState && Object.keys(status.lastState).length > 0 ? stateText(status.lastState) : undefined,
      Ready: status?.ready ?? false,
      "Restart Count": status?.restartCount ?? 0,
      Limits: container.resources?.limits,
      Requests: container.resources?.requests,
      Liveness: probeText(container.livenessProbe),
      Readiness: probeText(container.readinessProbe),
      Startup: probeText(container.startupProbe),
      Environment: Object.fromEntries((container.env ?? []).map((one) => [one.name, one.value ?? valueFromText(one.valueFrom)])),
      Mounts: (container.volumeMounts ?? []).map((mount) => `${mount.mountPath} from ${mount.name} (${mount.readOnly ? "ro" : "rw"})`),
    },
    4,
  );
}

function valueFromText(source: NonNullable<NonNullable<Container["env"]>[number]["valueFrom"]> | undefined): string {
  if (source?.configMapKeyRef) return `<set to the key '${source.configMapKeyRef.key}' of config map '${source.configMapKeyRef.name}'>`;
  if (source?.secretKeyRef) return `<set to the key '${source.secretKeyRef.key}' in secret '${source.secretKeyRef.name}'>`;
  if (source?.fieldRef) return `(${source.fieldRef.fieldPath})`;
  if (source?.resourceFieldRef) return `(${source.resourceFieldRef.resource})`;
  return "";
}

function stateText(state: ContainerState | undefined): string {
  if (state?.running) return `Running since ${state.running.startedAt ?? ""}`;
  if (state?.terminated) {
    const { reason, exitCode, message, startedAt, finishedAt } = state.terminated;
    return `Terminated: ${reason ?? ""}, exit code ${exitCode}, ${startedAt ?? ""} to ${finishedAt ?? ""}${message ? `: ${message.trim()}` : ""}`;
  }
  if (state?.waiting) return `Waiting: ${state.waiting.reason ?? ""}${state.waiting.message ? `: ${state.waiting.message}` : ""}`;
  return "Waiting";
}

function probeText(probe: Probe | undefined): string | undefined {
  if (probe === undefined) return undefined;
  const how = probe.exec
    ? `exec [${probe.exec.command?.join(" ")}]`
    : probe.httpGet
      ? `http-get ${(probe.httpGet.scheme ?? "HTTP").toLowerCase()}://${probe.httpGet.host ?? ""}:${probe.httpGet.port}${probe.httpGet.path ?? ""}`
      : probe.tcpSocket
        ? `tcp-socket ${probe.tcpSocket.host ?? ""}:${probe.tcpSocket.port}`
        : `grpc :${probe.grpc?.port}`;
  return `${how} delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s #success=${probe.successThreshold ?? 1} #failure=${probe.failureThreshold ?? 3}`;
}

function describeVolume(volume: Volume): Section {
  const { name, ...source } = volume;
  const [type = "unknown", details] = Object.entries(source).find(([, value]) => value !== undefined) ?? [];
  return [`  ${name}:`, ...fields({ Type: type, ...(typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {}) }, 4)];
}
