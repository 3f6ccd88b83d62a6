import { goQuote } from "../../../api/status/go-text.ts";
import type { ConfigMap, Container, Pod, Secret, Service } from "../../../api/wire.ts";
import { envFileValue } from "./env-file.ts";
import { expand, mappingOf } from "./expansion.ts";
import { fieldValue, type PodAddresses } from "./field-ref.ts";
import { type NodeAllocatable, resourceValue } from "./resource-field.ts";
import { serviceEnvironment } from "./service-env.ts";

/** Where the values that the pod only refers to come from. */
export interface ReferenceSource {
  /** @throws NotFoundError with kubelet's words, or what the API server answered */
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
  services(): Promise<Iterable<Service>>;
  /** A file of a volume of the pod, for fileKeyRef. @throws NotFoundError when there is none */
  volumeFile(pod: Pod, volume: string, path: string): Promise<{ readonly path: string; readonly text: string }>;
}

/** A ConfigMap or Secret is not there: what may be optional. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly addresses: PodAddresses;
  readonly allocatable: NodeAllocatable;
  readonly source: ReferenceSource;
}

type EnvVar = NonNullable<Container["env"]>[number];
type EnvSource = NonNullable<EnvVar["valueFrom"]>;

/** The container's environment in kubelet's order; later ones win. @throws Error with kubelet's words when a reference does not hold */
export async function containerEnvironment(input: EnvironmentInput): Promise<Map<string, string>> {
  const { container, pod, source } = input;
  const services = serviceEnvironment(pod, await source.services());
  const env = new Map<string, string>();
  for (const from of container.envFrom ?? []) await addAll(input, from, env);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom === undefined ? expand(variable.value ?? "", mappingOf(env, services)) : await referencedValue(input, variable.valueFrom);
    if (value !== undefined) env.set(variable.name, value);
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value);
  return env;
}

/** Nothing when it is optional and absent. */
async function unlessOptional<T>(optional: boolean | undefined, get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (optional === true && error instanceof NotFoundError) return undefined;
    throw error;
  }
}

async function addAll(input: EnvironmentInput, from: NonNullable<Container["envFrom"]>[number], env: Map<string, string>): Promise<void> {
  const namespace = input.pod.metadata.namespace ?? "";
  const { configMapRef, secretRef, prefix = "" } = from;
  if (configMapRef !== undefined) {
    const map = await unlessOptional(configMapRef.optional, () => input.source.configMap(namespace, configMapRef.name ?? ""));
    for (const [key, value] of Object.entries(map?.data ?? {})) env.set(prefix + key, value);
  }
  if (secretRef !== undefined) {
    const secret = await unlessOptional(secretRef.optional, () => input.source.secret(namespace, secretRef.name ?? ""));
    for (const [key, value] of Object.entries(secret?.data ?? {})) env.set(prefix + key, decoded(value));
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

/** undefined: the variable is left out. */
async function referencedValue(input: EnvironmentInput, from: EnvSource): Promise<string | undefined> {
  const { pod, container, source } = input;
  const namespace = pod.metadata.namespace ?? "";
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, input.addresses);
  if (from.resourceFieldRef !== undefined) return resourceValue(pod, container, from.resourceFieldRef, input.allocatable);
  if (from.configMapKeyRef !== undefined) {
    const { name = "", key, optional } = from.configMapKeyRef;
    const map = await unlessOptional(optional, () => source.configMap(namespace, name));
    const value = map?.data?.[key];
    if (map !== undefined && value === undefined && optional !== true) throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (from.secretKeyRef !== undefined) {
    const { name = "", key, optional } = from.secretKeyRef;
    const secret = await unlessOptional(optional, () => source.secret(namespace, name));
    const value = secret?.data?.[key];
    if (secret !== undefined && value === undefined && optional !== true) throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decoded(value);
  }
  if (from.fileKeyRef !== undefined) return fileValue(input, from.fileKeyRef);
  return "";
}

/** A file that is not there is an error even where the key is optional, as with kubelet. */
async function fileValue(input: EnvironmentInput, ref: NonNullable<EnvSource["fileKeyRef"]>): Promise<string | undefined> {
  const unreadable = (cause: unknown) => new Error("couldn't parse env file", { cause });
  const file = await input.source.volumeFile(input.pod, ref.volumeName, ref.path).catch((error) => {
    throw error instanceof NotFoundError ? unreadable(error) : error;
  });
  let value: string | undefined;
  try {
    value = envFileValue(file.text, ref.key);
  } catch (error) {
    throw unreadable(error);
  }
  if (value === undefined && ref.optional !== true) throw new Error(`environment variable key ${goQuote(ref.key)} not found in file ${goQuote(file.path)}`);
  return value;
}
