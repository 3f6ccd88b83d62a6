import { duplicate, forbidden, invalid, notFound, notSupported, required, tooMany } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, ContainerRestartRule, EphemeralContainer, PodSpec } from "../../wire.ts";
import { type Errors, invalidEach, requiredEnum, requiredEnumInOrder } from "../common.ts";
import { dns1123Label } from "../names.ts";
import { validateContainerResourceName } from "../resources.ts";
import { validateResizePolicy, validateResourceRequirements } from "./container-resources.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateVolumeDevices, validateVolumeMounts } from "./mounts.ts";
import type { PodOptions } from "./options.ts";
import { validateContainerPorts, validateHostPortConflicts } from "./ports.ts";
import { validateLifecycle, validateProbes } from "./probes.ts";
import { validateSecurityContext } from "./security-context.ts";
import type { VolumesByName } from "./volumes.ts";

const RULES_LIMIT = 20;
const EXIT_CODES_LIMIT = 255;
const restartPolicies = ["Always", "Never", "OnFailure"];

/** What the containers of one pod share. */
export interface ContainerScope {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  readonly options: PodOptions;
}

/** The pod's main containers. */
export function validateContainers(scope: ContainerScope, path: FieldPath, errors: Errors): void {
  const containers = scope.spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  const grace_s = scope.spec.terminationGracePeriodSeconds;
  containers.forEach((container, i) => {
    const at = path.index(i);
    validateCommon(container, scope, at, errors);
    if (names.has(container.name)) errors.push(duplicate(at.child("name"), container.name));
    names.add(container.name);
    if (container.lifecycle) validateLifecycle(container.lifecycle, grace_s, at.child("lifecycle"), errors);
    validateProbes(container, grace_s, at, errors);
    validateRestart(container, false, at, errors);
  });
  validateHostPortConflicts(containers, path, errors);
}

/** Containers that run before the main ones, and sidecars (restartPolicy Always) that go on beside them. */
export function validateInitContainers(scope: ContainerScope, path: FieldPath, errors: Errors): void {
  const names = new Set(scope.spec.containers?.map((container) => container.name));
  const grace_s = scope.spec.terminationGracePeriodSeconds;
  scope.spec.initContainers?.forEach((container, i) => {
    const at = path.index(i);
    validateCommon(container, scope, at, errors);
    validateRestart(container, true, at, errors);
    if (names.has(container.name)) errors.push(duplicate(at.child("name"), container.name));
    else if (container.name) names.add(container.name);
    validateHostPortConflicts([container], path, errors);
    if (container.restartPolicy === "Always") {
      if (container.lifecycle) validateLifecycle(container.lifecycle, grace_s, at.child("lifecycle"), errors);
      validateProbes(container, grace_s, at, errors);
      return;
    }
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
      if (container[field]) errors.push(forbidden(at.child(field), "may not be set for init containers without restartPolicy=Always"));
    }
    container.resizePolicy?.forEach(({ restartPolicy }, j) => {
      if (restartPolicy === "RestartContainer") errors.push(invalid(at.child("resizePolicy").index(j).child("restartPolicy"), restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers"));
    });
  });
}

function validateCommon(container: Container, scope: ContainerScope, path: FieldPath, errors: Errors): void {
  const { volumes, options, spec } = scope;
  if (!container.name) errors.push(required(path.child("name")));
  else {
    const messages = dns1123Label(container.name);
    if (messages.length > 0) invalidEach(messages, container.name, path.child("name"), errors);
  }
  if (!container.image) errors.push(required(path.child("image")));
  requiredEnumInOrder(container.terminationMessagePolicy, ["File", "FallbackToLogsOnError"], path, "terminationMessagePolicy", errors);
  if (container.ports) validateContainerPorts(container.ports, path.child("ports"), errors);
  if (container.env) validateEnv(container.env, path.child("env"), errors);
  if (container.envFrom) validateEnvFrom(container.envFrom, path.child("envFrom"), errors);
  if (container.volumeMounts) validateVolumeMounts(container.volumeMounts, container, volumes, path.child("volumeMounts"), errors);
  if (container.volumeDevices) validateVolumeDevices(container, volumes, path.child("volumeDevices"), errors);
  requiredEnum(container.imagePullPolicy, ["Always", "IfNotPresent", "Never"], path, "imagePullPolicy", errors);
  if (container.resources) validateResourceRequirements(container.resources, validateContainerResourceName, scope.claimNames, path.child("resources"), errors);
  if (container.resizePolicy) validateResizePolicy(container.resizePolicy, spec.restartPolicy, path.child("resizePolicy"), errors);
  if (container.securityContext) validateSecurityContext(container.securityContext, spec.hostUsers !== false, options, path.child("securityContext"), errors);
}

function validateRestart(container: Container, isInit: boolean, path: FieldPath, errors: Errors): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy === undefined) {
    if (rules.length > 0) errors.push(required(path.child("restartPolicy"), "must specify restartPolicy when restart rules are used"));
    if (isInit) return;
  } else if (!restartPolicies.includes(restartPolicy)) errors.push(notSupported(path.child("restartPolicy"), restartPolicy, restartPolicies));
  if (rules.length > RULES_LIMIT) errors.push(tooMany(path.child("restartPolicyRules"), rules.length, RULES_LIMIT));
  rules.forEach((rule, i) => {
    validateRestartRule(rule, path.child("restartPolicyRules").index(i), errors);
  });
}

function validateRestartRule(rule: ContainerRestartRule, path: FieldPath, errors: Errors): void {
  const actions = ["Restart", "RestartAllContainers"];
  if (!actions.includes(rule.action)) errors.push(notSupported(path.child("action"), rule.action ?? "", actions));
  if (!rule.exitCodes) {
    errors.push(required(path.child("exitCodes"), "must be specified"));
    return;
  }
  const operators = ["In", "NotIn"];
  const { operator = "", values = [] } = rule.exitCodes;
  if (!operators.includes(operator)) errors.push(notSupported(path.child("exitCodes", "operator"), operator, operators));
  if (values.length > EXIT_CODES_LIMIT) errors.push(tooMany(path.child("exitCodes", "values"), values.length, EXIT_CODES_LIMIT));
}

/** What only a pod's containers are asked, not a template's. */
export function validateContainerOfPod(container: { image?: string }, path: FieldPath, errors: Errors): void {
  const image = container.image ?? "";
  if (image.trim() !== image) errors.push(invalid(path.child("image"), image, "must not have leading or trailing whitespace"));
}

/** Fields that a container for debugging may not have, in Go's order of the type. */
const notEphemeral = ["ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] as const;
const NOT_EPHEMERAL_TEXT = "cannot be set for an Ephemeral Container";

/** Containers for debugging, added to a running pod. */
export function validateEphemeralContainers(scope: ContainerScope, path: FieldPath, errors: Errors): void {
  const { spec } = scope;
  if (!spec.ephemeralContainers?.length) return;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.name));
  const names = new Set(others);
  spec.ephemeralContainers.forEach((container, i) => {
    const at = path.index(i);
    validateCommon(container as Container, scope, at, errors);
    validateContainerOfPod(container, at, errors);
    if (names.has(container.name)) errors.push(duplicate(at.child("name"), container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(notFound(at.child("targetContainerName"), target));
    validateEphemeralFields(container, at, errors);
  });
}

function validateEphemeralFields(container: EphemeralContainer, path: FieldPath, errors: Errors): void {
  for (const field of notEphemeral) {
    const value = container[field];
    const set = Array.isArray(value) ? value.length > 0 : typeof value === "object" ? field !== "resources" || Object.keys(value).length > 0 : value !== undefined;
    if (set) errors.push(forbidden(path.child(field), NOT_EPHEMERAL_TEXT));
  }
  container.volumeMounts?.forEach((mount, i) => {
    for (const field of ["subPath", "subPathExpr"] as const) {
      if (mount[field]) errors.push(forbidden(path.child("volumeMounts").index(i).child(field), NOT_EPHEMERAL_TEXT));
    }
  });
}
