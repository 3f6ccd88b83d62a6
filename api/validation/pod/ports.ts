import { duplicate, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, ContainerPort } from "../../wire.ts";
import { type Errors, invalidEach, requiredEnum } from "../common.ts";
import { portName, portNumber } from "../names.ts";

export const protocols = ["TCP", "UDP", "SCTP"];

/** A port's number, or the name of one. */
export function validatePortNumberOrName(port: number | string | undefined, path: FieldPath, errors: Errors): void {
  if (typeof port === "string") invalidEach(portName(port), port, path, errors);
  else invalidEach(portNumber(port ?? 0), port ?? 0, path, errors);
}

/** Ports of a container. */
export function validateContainerPorts(ports: readonly ContainerPort[], path: FieldPath, errors: Errors): void {
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = path.index(i);
    if (port.name) {
      const messages = portName(port.name);
      // Kubernetes reports every message of a bad name under the index of the message.
      if (messages.length > 0) invalidEach(messages, port.name, at.child("name"), errors);
      else if (names.has(port.name)) errors.push(duplicate(at.child("name"), port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(at.child("containerPort")));
    else invalidEach(portNumber(port.containerPort), port.containerPort, at.child("containerPort"), errors);
    if (port.hostPort) invalidEach(portNumber(port.hostPort), port.hostPort, at.child("hostPort"), errors);
    requiredEnum(port.protocol, protocols, at, "protocol", errors);
  });
}

/** No two containers may have the same port of the host. */
export function validateHostPortConflicts(containers: readonly Container[], path: FieldPath, errors: Errors): void {
  let seen: Set<string> | undefined;
  containers.forEach((container, i) => {
    container.ports?.forEach((port, j) => {
      if (!port.hostPort) return;
      const key = `${port.protocol}/${port.hostIP ?? ""}/${port.hostPort}`;
      seen ??= new Set();
      if (seen.has(key)) errors.push(duplicate(path.index(i).child("ports").index(j).child("hostPort"), key));
      else seen.add(key);
    });
  });
}

/** In the host's network a port of the container is that port of the host. A template may leave it open. */
export function validateHostNetworkPorts(containers: readonly Container[], isPod: boolean, path: FieldPath, errors: Errors): void {
  containers.forEach((container, i) => {
    container.ports?.forEach((port, j) => {
      const host = port.hostPort ?? 0;
      if ((isPod || host !== 0) && host !== (port.containerPort ?? 0)) {
        errors.push(invalid(path.index(i).child("ports").index(j).child("hostPort"), host, "must match `containerPort` when `hostNetwork` is true"));
      }
    });
  });
}
