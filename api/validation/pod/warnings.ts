import { hasFraction } from "../../quantity.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import { goQuote } from "../../status/go-text.ts";
import type { AppArmorProfile, Container, ContainerPort, EnvVar, NodeSelectorTerm, ObjectMeta, PodSpec, PodTemplateSpec } from "../../wire.ts";
import { ipWarnings } from "../ip.ts";
import { labelValue } from "../names.ts";
import { APP_ARMOR_PREFIX, appArmorProfileOf, namesProfiles, sameAppArmorProfile, SECCOMP_CONTAINER_PREFIX, SECCOMP_POD_ANNOTATION } from "./annotations.ts";
import { CONTAINER_LISTS, visitContainers } from "./visit.ts";
import { overlappingPathWarnings } from "./volume-warnings.ts";

/** Labels that nodes no longer carry, and what to use instead. */
const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** Whether there are annotations that pods are warned of whatever their spec says. */
export function isWarnedOf(annotations: Readonly<Record<string, string>>): boolean {
  for (const key in deprecatedAnnotations) if (annotations[key] !== undefined) return true;
  return false;
}

/** Warnings for a pod's spec and metadata. `at` makes paths below the pod or the template. */
type At = (...fields: [string, ...string[]]) => FieldPath;

/** What a client should know of a pod that it may nevertheless make. */
export function podWarnings(meta: ObjectMeta, spec: PodSpec): string[] {
  return warningsOf(meta, spec, fieldPath, false);
}

/** The same for a template at `path`. */
export function templateWarnings(template: PodTemplateSpec | undefined, path: FieldPath): string[] {
  return template ? warningsOf(template.metadata ?? {}, template.spec ?? { containers: [] }, (...fields) => path.child(...fields), true) : [];
}

function warningsOf(meta: ObjectMeta, spec: PodSpec, at: At, isTemplate: boolean): string[] {
  const warnings: string[] = [];
  placementWarnings(spec, at, warnings);
  const annotations = meta.annotations ?? {};
  for (const key in deprecatedAnnotations) if (annotations[key] !== undefined) warnings.push(`${at("metadata", "annotations").key(key)}: ${deprecatedAnnotations[key]}`);
  volumeWarnings(spec, at, warnings);
  if (spec.volumes) warnings.push(...overlappingPathWarnings(spec.volumes));
  listWarnings(spec, at, warnings);
  if (spec.overhead) for (const name of FRACTIONLESS) fractionWarning(spec.overhead, name, () => at("spec", "overhead"), warnings);
  if (annotations[SECCOMP_POD_ANNOTATION] !== undefined && !spec.securityContext?.seccompProfile) {
    warnings.push(`${at("metadata", "annotations").key(SECCOMP_POD_ANNOTATION)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  visitContainers(spec, (container, below) => containerWarnings(container, spec, annotations, () => below(at("spec")), at, isTemplate, warnings));
  portWarnings(spec, at, warnings);
  portNameWarnings(spec, at, warnings);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(`${at("spec", "terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1`);
  }
  affinityWarnings(spec, at, warnings);
  spec.dnsConfig?.nameservers?.forEach((address, i) => {
    warnings.push(...ipWarnings(address, at("spec", "dnsConfig", "nameservers").index(i)));
  });
  spec.hostAliases?.forEach((alias, i) => {
    warnings.push(...ipWarnings(alias.ip ?? "", at("spec", "hostAliases").index(i).child("ip")));
  });
  return warnings;
}

/** Deprecated node labels in a term of a selector; of a mere preference also values that no label can have. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, path: FieldPath, preferred = false): string[] {
  const warnings: string[] = [];
  term.matchExpressions?.forEach(({ key, values }, i) => {
    const at = path.child("matchExpressions").index(i);
    const text = deprecatedNodeLabels[key];
    if (text !== undefined) warnings.push(`${at.child("key")}: ${key} is ${text}`);
    if (!preferred) return;
    values?.forEach((value, j) => {
      for (const fault of labelValue(value)) warnings.push(`${at.child("values").index(j)}: ${value} is invalid, ${fault}`);
    });
  });
  return warnings;
}

/** The warning for a node label as a map's key, or undefined. */
export function nodeLabelWarning(key: string): string | undefined {
  return deprecatedNodeLabels[key];
}

function placementWarnings(spec: PodSpec, at: At, warnings: string[]): void {
  for (const key in spec.nodeSelector) {
    const text = deprecatedNodeLabels[key];
    if (text !== undefined) warnings.push(`${at("spec", "nodeSelector").key(key)}: ${text}`);
  }
  const node = spec.affinity?.nodeAffinity;
  node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((term, i) => {
    warnings.push(...nodeSelectorTermWarnings(term, at("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").index(i)));
  });
  node?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
    warnings.push(...nodeSelectorTermWarnings(term.preference ?? {}, at("spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution").index(i).child("preference"), true));
  });
  spec.topologySpreadConstraints?.forEach((constraint, i) => {
    const path = at("spec", "topologySpreadConstraints").index(i);
    const text = deprecatedNodeLabels[constraint.topologyKey];
    if (text !== undefined) warnings.push(`${path.child("topologyKey")}: ${constraint.topologyKey} is ${text}`);
    if (!constraint.labelSelector) warnings.push(`${path.child("labelSelector")}: a null labelSelector results in matching no pod`);
  });
}

const deprecatedVolumes = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  ephemeral: "",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
} as const;

function volumeWarnings(spec: PodSpec, at: At, warnings: string[]): void {
  spec.volumes?.forEach((volume, i) => {
    if (!hasDeprecated(volume)) return;
    for (const [name, text] of Object.entries(deprecatedVolumes) as [keyof typeof deprecatedVolumes, string][]) {
      if (volume[name] === undefined) continue;
      if (name !== "ephemeral") warnings.push(`${at("spec", "volumes").index(i).child(name === "storageos" ? "storageOS" : name)}: ${text}`);
      else claimSpecWarnings(volume.ephemeral?.volumeClaimTemplate?.spec, at("spec", "volumes").index(i).child("ephemeral", "volumeClaimTemplate", "spec"), warnings);
    }
  });
}

function hasDeprecated(volume: object): boolean {
  for (const name in volume) if (Object.hasOwn(deprecatedVolumes, name)) return true;
  return false;
}

/** Sources that PersistentVolumes are warned of. */
const deprecatedSources = ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"] as const;

/** The same for the source of a PersistentVolume, at `path`. */
export function volumeSourceWarnings(spec: object, path: FieldPath): string[] {
  return deprecatedSources.flatMap((name) => (name in spec ? [`${path.child(name === "storageos" ? "storageOS" : name)}: ${deprecatedVolumes[name]}`] : []));
}

/** Storage in fractions of a byte. */
export function claimSpecWarnings(spec: { resources?: { requests?: { [name: string]: string }; limits?: { [name: string]: string } } } | undefined, path: FieldPath, warnings: string[]): void {
  for (const side of ["requests", "limits"] as const) {
    const storage = spec?.resources?.[side]?.["storage"];
    if (storage !== undefined && hasFraction(storage)) {
      warnings.push(`${path.child("resources", side).key("storage")}: fractional byte value ${goQuote(storage)} is invalid, must be an integer`);
    }
  }
}

function listWarnings(spec: PodSpec, at: At, warnings: string[]): void {
  if (spec.hostAliases) {
    const addresses = new Set<string>();
    spec.hostAliases.forEach(({ ip = "" }, i) => {
      if (addresses.has(ip)) warnings.push(`${at("spec", "hostAliases").index(i).child("ip")}: duplicate ip ${goQuote(ip)}`);
      addresses.add(ip);
    });
  }
  if (!spec.imagePullSecrets) return;
  const names = new Set<string>();
  spec.imagePullSecrets.forEach(({ name = "" }, i) => {
    if (names.has(name)) warnings.push(`${at("spec", "imagePullSecrets").index(i).child("name")}: duplicate name ${goQuote(name)}`);
    names.add(name);
  });
  spec.imagePullSecrets.forEach(({ name = "" }, i) => {
    if (name === "") warnings.push(`${at("spec", "imagePullSecrets").index(i).child("name")}: invalid empty name ""`);
  });
}

/** Resources that are counted in whole bytes. */
const FRACTIONLESS = ["memory", "ephemeral-storage"] as const;
const SIDES = ["limits", "requests"] as const;

function fractionWarning(list: { [name: string]: string } | undefined, name: string, path: () => FieldPath, warnings: string[]): void {
  const text = list?.[name];
  if (text !== undefined && hasFraction(text)) warnings.push(`${path().key(name)}: fractional byte value ${goQuote(text)} is invalid, must be an integer`);
}

function containerWarnings(container: Container, spec: PodSpec, annotations: Record<string, string>, path: () => FieldPath, at: At, isTemplate: boolean, warnings: string[]): void {
  if (namesProfiles(annotations)) annotationWarnings(container, spec, annotations, at, isTemplate, warnings);
  for (const name of FRACTIONLESS) {
    for (const side of SIDES) fractionWarning(container.resources?.[side], name, () => path().child("resources", side), warnings);
  }
  if ((container.env?.length ?? 0) < 2) return;
  const names = new Set<string>();
  container.env?.forEach((variable, i) => {
    if (names.has(variable.name) && hidesPrevious(variable)) warnings.push(`${path().child("env").index(i)}: hides previous definition of ${goQuote(variable.name)}, which may be dropped when using apply`);
    names.add(variable.name);
  });
}

/** Does not refer to what stood there before. */
function hidesPrevious({ name, value, valueFrom }: EnvVar): boolean {
  const reference = `$(${name})`;
  return valueFrom !== undefined || value === reference || !(value ?? "").includes(reference);
}

/** Profiles by annotations that no longer work. */
function annotationWarnings(container: Container, spec: PodSpec, annotations: Record<string, string>, at: At, isTemplate: boolean, warnings: string[]): void {
  const seccomp = SECCOMP_CONTAINER_PREFIX + container.name;
  if (annotations[seccomp] !== undefined && !container.securityContext?.seccompProfile) {
    warnings.push(`${at("metadata", "annotations").key(seccomp)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  const appArmor = APP_ARMOR_PREFIX + container.name;
  const annotation = annotations[appArmor];
  if (annotation !== undefined && isTemplate && !container.securityContext?.appArmorProfile && !isPodProfile(annotation, spec.securityContext?.appArmorProfile)) {
    warnings.push(`${at("metadata", "annotations").key(appArmor)}: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
}

/** What the annotation asks for is the pod's profile anyway. */
function isPodProfile(annotation: string, profile: AppArmorProfile | undefined): boolean {
  const named = appArmorProfileOf(annotation);
  return named !== undefined && profile !== undefined && sameAppArmorProfile(named, profile);
}

function portWarnings(spec: PodSpec, at: At, warnings: string[]): void {
  if (!hasPortsToCompare(spec)) return;
  const known = new Map<string, { port: ContainerPort; path: () => FieldPath }[]>();
  visitContainers(spec, (container, below) => {
    container.ports?.forEach((port, i) => {
      const path = () => below(at("spec")).child("ports").index(i);
      if (port.hostIP && !port.hostPort) warnings.push(`${path()}: hostIP set without hostPort: ${portText(port)}`);
      const key = `${port.containerPort}/${port.protocol}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        const text = portConflict(port, other.port);
        if (text !== undefined) warnings.push(`${path()}: ${text} port definition with ${other.path()}`);
      }
      known.set(key, [...others, { port, path }]);
    });
  });
}

/** A name that several ports have means the first of them. */
function portNameWarnings(spec: PodSpec, at: At, warnings: string[]): void {
  const known = new Map<string, () => FieldPath>();
  visitContainers(spec, (container, below) => {
    container.ports?.forEach(({ name }, i) => {
      if (!name) return;
      const path = () => below(at("spec")).child("ports").index(i);
      const first = known.get(name);
      if (first === undefined) known.set(name, path);
      else warnings.push(`${path()}: duplicate port name ${goQuote(name)} with ${first()}, services and probes that select ports by name will use ${first()}`);
    });
  });
}

/** More than one port, or one with an address. */
function hasPortsToCompare(spec: PodSpec): boolean {
  let count = 0;
  for (const list of CONTAINER_LISTS) {
    for (const { ports } of spec[list] ?? []) {
      if (ports === undefined) continue;
      count += ports.length;
      if (ports.some((port) => port.hostIP)) return true;
    }
  }
  return count > 1;
}

function portConflict(a: ContainerPort, b: ContainerPort): string | undefined {
  const sameAddress = (a.hostIP ?? "") === (b.hostIP ?? "");
  const samePort = (a.hostPort ?? 0) === (b.hostPort ?? 0);
  if (sameAddress && samePort) return "duplicate";
  if (!a.hostPort || !b.hostPort) return "overlapping";
  return samePort && !a.hostIP !== !b.hostIP ? "dangerously ambiguous" : undefined;
}

/** As Go prints the structure (%+v). */
function portText(port: ContainerPort): string {
  return `{Name:${port.name ?? ""} HostPort:${port.hostPort ?? 0} ContainerPort:${port.containerPort ?? 0} Protocol:${port.protocol ?? ""} HostIP:${port.hostIP ?? ""}}`;
}

function affinityWarnings(spec: PodSpec, at: At, warnings: string[]): void {
  const text = "a null labelSelector results in matching no pod";
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const affinity = spec.affinity?.[kind];
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      if (!term.labelSelector) warnings.push(`${at("spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution").index(i).child("labelSelector")}: ${text}`);
    });
    affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((weighted, i) => {
      if (!weighted.podAffinityTerm?.labelSelector) {
        warnings.push(`${at("spec", "affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution").index(i).child("podAffinityTerm", "labelSelector")}: ${text}`);
      }
    });
  }
}
