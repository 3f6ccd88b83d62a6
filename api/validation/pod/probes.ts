import { forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, Lifecycle, LifecycleHandler, Probe } from "../../wire.ts";
import { type Errors, invalidEach, nonNegative, optionalEnum } from "../common.ts";
import { httpHeaderName } from "../names.ts";
import { validatePortNumberOrName } from "./ports.ts";

type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> & Pick<LifecycleHandler, "sleep">;
const handlerFields = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

/** Hooks of a container's life; `grace_s` is the pod's. */
export function validateLifecycle(lifecycle: Lifecycle, grace_s: number | undefined, path: FieldPath, errors: Errors): void {
  if (lifecycle.postStart) validateHandler(lifecycle.postStart, grace_s, path.child("postStart"), errors);
  if (lifecycle.preStop) validateHandler(lifecycle.preStop, grace_s, path.child("preStop"), errors);
}

/** The three probes of a container. */
export function validateProbes(container: Container, grace_s: number | undefined, path: FieldPath, errors: Errors): void {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  if (livenessProbe) validateSingleSuccessProbe(livenessProbe, grace_s, path.child("livenessProbe"), errors);
  if (readinessProbe) {
    const at = path.child("readinessProbe");
    validateProbe(readinessProbe, grace_s, at, errors);
    const own = readinessProbe.terminationGracePeriodSeconds;
    if (own !== undefined) errors.push(invalid(at.child("terminationGracePeriodSeconds"), own, "must not be set for readinessProbes"));
  }
  if (startupProbe) validateSingleSuccessProbe(startupProbe, grace_s, path.child("startupProbe"), errors);
}

function validateSingleSuccessProbe(probe: Probe, grace_s: number | undefined, path: FieldPath, errors: Errors): void {
  validateProbe(probe, grace_s, path, errors);
  if (probe.successThreshold !== 1) errors.push(invalid(path.child("successThreshold"), probe.successThreshold ?? 0, "must be 1"));
}

function validateProbe(probe: Probe, grace_s: number | undefined, path: FieldPath, errors: Errors): void {
  validateHandler(probe, grace_s, path, errors);
  nonNegative(probe.initialDelaySeconds, path, "initialDelaySeconds", errors);
  nonNegative(probe.timeoutSeconds, path, "timeoutSeconds", errors);
  nonNegative(probe.periodSeconds, path, "periodSeconds", errors);
  nonNegative(probe.successThreshold, path, "successThreshold", errors);
  nonNegative(probe.failureThreshold, path, "failureThreshold", errors);
  const own = probe.terminationGracePeriodSeconds;
  if (own !== undefined && own <= 0) errors.push(invalid(path.child("terminationGracePeriodSeconds"), own, "must be greater than 0"));
}

function validateHandler(handler: Handler, grace_s: number | undefined, path: FieldPath, errors: Errors): void {
  let found = false;
  for (const field of handlerFields) {
    if (handler[field] === undefined) continue;
    if (found) errors.push(forbidden(path.child(field), "may not specify more than 1 handler type"));
    else validateAction(handler, field, grace_s, path, errors);
    found = true;
  }
  if (!found) errors.push(required(path, "must specify a handler type"));
}

function validateAction(handler: Handler, field: (typeof handlerFields)[number], grace_s: number | undefined, parent: FieldPath, errors: Errors): void {
  const path = parent.child(field);
  switch (field) {
    case "exec":
      if (!handler.exec?.command?.length) errors.push(required(path.child("command")));
      break;
    case "httpGet":
      validateHttpGet(handler.httpGet, path, errors);
      break;
    case "tcpSocket":
      validatePortNumberOrName(handler.tcpSocket?.port, path.child("port"), errors);
      break;
    case "grpc":
      validatePortNumberOrName(handler.grpc?.port, path.child("port"), errors);
      break;
    case "sleep": {
      const seconds = handler.sleep?.seconds ?? 0;
      if (grace_s !== undefined && (seconds < 0 || seconds > grace_s)) {
        errors.push(invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace_s})`));
      }
    }
  }
}

function validateHttpGet(action: Probe["httpGet"], path: FieldPath, errors: Errors): void {
  if (!action?.path) errors.push(required(path.child("path")));
  validatePortNumberOrName(action?.port, path.child("port"), errors);
  optionalEnum(action?.scheme ?? "", ["HTTP", "HTTPS"], path, "scheme", errors);
  for (const header of action?.httpHeaders ?? []) invalidEach(httpHeaderName(header.name ?? ""), header.name ?? "", path.child("httpHeaders"), errors);
}
