import { forbidden, invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import { goQuote } from "../../status/go-text.ts";
import type { AppArmorProfile, ObjectMeta, PodSpec } from "../../wire.ts";
import { type Errors, localDescendingPath } from "../common.ts";
import { visitContainers } from "./visit.ts";

export const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
const DELETION_COST_ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";
export const APP_ARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/";
export const SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod";
export const SECCOMP_CONTAINER_PREFIX = "container.seccomp.security.alpha.kubernetes.io/";

type Annotations = NonNullable<ObjectMeta["annotations"]>;

/** Annotations that mean something to Kubernetes on a pod or its template. */
export function validatePodAnnotations(annotations: Annotations | undefined, spec: PodSpec, path: FieldPath, errors: Errors): void {
  if (!annotations) return;
  const mirror = annotations[MIRROR_ANNOTATION];
  if (mirror !== undefined && !spec.nodeName) errors.push(invalid(path.key(MIRROR_ANNOTATION), mirror, "must set spec.nodeName if mirror pod annotation is set"));
  const cost = annotations[DELETION_COST_ANNOTATION];
  if (cost !== undefined && !isInt32(cost)) errors.push(invalid(path.key(DELETION_COST_ANNOTATION), cost, "must be a 32bit integer"));
  for (const key in annotations) {
    if (key === SECCOMP_POD_ANNOTATION || key.startsWith(SECCOMP_CONTAINER_PREFIX)) validateSeccompText(annotations[key] ?? "", path.child(key), errors);
  }
  for (const key in annotations) if (key.startsWith(APP_ARMOR_PREFIX)) validateAppArmor(key, annotations[key] ?? "", spec, path, errors);
}

/** As Go's strconv.ParseInt reads it; a leading plus or zero is refused by the rule itself. */
function isInt32(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]{0,9})$/.test(text)) return false;
  const value = Number(text);
  return value >= -2147483648 && value <= 2147483647;
}

function validateSeccompText(profile: string, path: FieldPath, errors: Errors): void {
  if (profile === "runtime/default" || profile === "docker/default" || profile === "unconfined") return;
  if (profile.startsWith("localhost/")) localDescendingPath(profile.slice("localhost/".length), path, errors);
  else errors.push(invalid(path, profile, "must be a valid seccomp profile"));
}

function validateAppArmor(key: string, profile: string, spec: PodSpec, path: FieldPath, errors: Errors): void {
  const name = key.slice(APP_ARMOR_PREFIX.length);
  let found = false;
  visitContainers(spec, (container) => {
    found ||= container.name === name;
  });
  if (!found) errors.push(invalid(path.key(key), name, "container not found"));
  if (profile !== "" && profile !== "runtime/default" && profile !== "unconfined" && !profile.startsWith("localhost/")) {
    errors.push(invalid(path.key(key), profile, `invalid AppArmor profile name: ${goQuote(profile)}`));
  }
}

interface Profile {
  readonly type?: string;
  readonly localhostProfile?: string;
}

/** Where annotation and field both name a profile, they name the same. */
function validateMatch(annotation: string, profile: Profile, word: string, defaults: readonly string[], path: FieldPath, errors: Errors): void {
  const typeDiffers = () => errors.push(forbidden(path.child("type"), `${word} type in annotation and field must match`));
  if (profile.type === "Unconfined" && annotation !== "unconfined") typeDiffers();
  if (profile.type === "RuntimeDefault" && !defaults.includes(annotation)) typeDiffers();
  if (profile.type !== "Localhost") return;
  if (!annotation.startsWith("localhost/")) typeDiffers();
  else if (annotation.slice("localhost/".length) !== profile.localhostProfile) errors.push(forbidden(path.child("localhostProfile"), `${word} profile in annotation and field must match`));
}

/** The field that an AppArmor annotation stands for, or undefined where it is not understood. */
export function appArmorProfileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  return annotation.startsWith("localhost/") && annotation.length > "localhost/".length ? { type: "Localhost", localhostProfile: annotation.slice("localhost/".length) } : undefined;
}

export function sameAppArmorProfile(a: AppArmorProfile, b: AppArmorProfile | undefined): boolean {
  return a.type === b?.type && a.localhostProfile === b.localhostProfile;
}

/** Whether some annotation names a seccomp or AppArmor profile. */
export function namesProfiles(annotations: Annotations): boolean {
  for (const key in annotations) if (key === SECCOMP_POD_ANNOTATION || key.startsWith(SECCOMP_CONTAINER_PREFIX) || key.startsWith(APP_ARMOR_PREFIX)) return true;
  return false;
}

/** Seccomp and AppArmor profiles in annotations against those in fields, when the object is made. */
export function validateProfilesMatch(annotations: Annotations | undefined, spec: PodSpec, path: FieldPath, errors: Errors): void {
  if (!annotations || !namesProfiles(annotations)) return;
  const seccompDefaults = ["runtime/default", "docker/default"];
  const podSeccomp = spec.securityContext?.seccompProfile;
  const annotation = annotations[SECCOMP_POD_ANNOTATION];
  if (podSeccomp && annotation !== undefined) validateMatch(annotation, podSeccomp, "seccomp", seccompDefaults, path.child("securityContext", "seccompProfile"), errors);
  visitContainers(spec, (container, at) => {
    const own = container.securityContext?.seccompProfile;
    const value = annotations[SECCOMP_CONTAINER_PREFIX + container.name];
    if (own && value !== undefined) validateMatch(value, own, "seccomp", seccompDefaults, at(path).child("securityContext", "seccompProfile"), errors);
  });
  if (spec.os?.name === "windows") return;
  visitContainers(spec, (container, at) => {
    const own = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    const value = annotations[APP_ARMOR_PREFIX + container.name];
    if (own && value !== undefined) validateMatch(value, own, "apparmor", ["runtime/default"], at(path).child("securityContext", "appArmorProfile"), errors);
  });
}
