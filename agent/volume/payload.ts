import type { Pod, Volume } from "../../api/wire.ts";
import { NotFoundError, type ReferenceSource } from "../pod/config/environment.ts";
import { fieldValue, type PodAddresses } from "../pod/config/field-ref.ts";
import { type NodeAllocatable, resourceValue } from "../pod/config/resource-field.ts";

export interface PayloadFile {
  readonly data: Buffer;
  readonly mode: number;
  /** Owner; root where absent. */
  readonly uid?: number;
}

/** Files of a volume by path. */
export type Payload = Map<string, PayloadFile>;

export interface TokenSpec {
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

export interface PayloadInput {
  readonly pod: Pod;
  readonly addresses: PodAddresses;
  readonly allocatable: NodeAllocatable;
  readonly source: ReferenceSource;
  readonly token: (pod: Pod, spec: TokenSpec) => Promise<string>;
}

interface Item {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

/** API defaulting sets it; this is for objects that never went through it. */
const DEFAULT_MODE = 0o644;
/** Tokens of a pod with a known user or group are for that alone. */
const PRIVATE_MODE = 0o600;

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

/** The files that a configMap, secret, downwardAPI or projected volume has now. @throws Error with kubelet's words */
export async function volumePayload(input: PayloadInput, volume: Volume): Promise<Payload> {
  const payload: Payload = new Map();
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) await addConfigMap(input, payload, configMap, configMap.defaultMode ?? DEFAULT_MODE);
  if (secret !== undefined) await addSecret(input, payload, { ...secret, name: secret.secretName }, secret.defaultMode ?? DEFAULT_MODE);
  if (downwardAPI !== undefined) addDownward(input, payload, downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE);
  if (projected !== undefined) await addProjected(input, payload, projected.sources ?? [], projected.defaultMode ?? DEFAULT_MODE);
  return payload;
}

async function addProjected(input: PayloadInput, payload: Payload, sources: readonly Projection[], mode: number): Promise<void> {
  const problems: string[] = [];
  for (const source of sources) {
    try {
      if (source.configMap !== undefined) await addConfigMap(input, payload, source.configMap, mode);
      if (source.secret !== undefined) await addSecret(input, payload, source.secret, mode);
      if (source.downwardAPI !== undefined) addDownward(input, payload, source.downwardAPI.items ?? [], mode);
      if (source.serviceAccountToken !== undefined) await addToken(input, payload, source.serviceAccountToken, mode);
      if (source.clusterTrustBundle !== undefined || source.podCertificate !== undefined) throw new Error("this kind of projected source is not supported on this node");
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length === 1) throw new Error(problems[0]);
  if (problems.length > 1) throw new Error(`[${problems.join(", ")}]`);
}

async function optionally<T>(optional: boolean | undefined, get: () => Promise<T>): Promise<T | undefined> {
  return get().catch((error) => {
    if (optional === true && error instanceof NotFoundError) return undefined;
    throw error;
  });
}

interface ObjectRef {
  readonly name?: string | undefined;
  readonly optional?: boolean;
  readonly items?: readonly Item[];
}

async function addConfigMap(input: PayloadInput, payload: Payload, ref: ObjectRef, mode: number): Promise<void> {
  const map = await optionally(ref.optional, () => input.source.configMap(input.pod.metadata.namespace ?? "", ref.name ?? ""));
  const files = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(map?.data ?? {})) files.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(map?.binaryData ?? {})) files.set(key, Buffer.from(base64, "base64"));
  addFiles(payload, files, ref, mode, "configmap references non-existent config key");
}

async function addSecret(input: PayloadInput, payload: Payload, ref: ObjectRef, mode: number): Promise<void> {
  const secret = await optionally(ref.optional, () => input.source.secret(input.pod.metadata.namespace ?? "", ref.name ?? ""));
  const files = new Map(Object.entries(secret?.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, "base64")]));
  addFiles(payload, files, ref, mode, "references non-existent secret key");
}

function addFiles(payload: Payload, files: ReadonlyMap<string, Buffer>, ref: ObjectRef, mode: number, complaint: string): void {
  const items = ref.items ?? [...files.keys()].map((key): Item => ({ key, path: key }));
  for (const item of items) {
    const data = files.get(item.key);
    if (data !== undefined) payload.set(item.path, { data, mode: item.mode ?? mode });
    else if (ref.optional !== true) throw new Error(`${complaint}: ${item.key}`);
  }
}

type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

function addDownward(input: PayloadInput, payload: Payload, items: readonly DownwardItem[], mode: number): void {
  for (const item of items) {
    const text =
      item.fieldRef !== undefined
        ? fieldValue(input.pod, item.fieldRef.fieldPath, input.addresses)
        : item.resourceFieldRef === undefined
          ? ""
          : resourceValue(input.pod, undefined, item.resourceFieldRef, input.allocatable);
    payload.set(item.path, { data: Buffer.from(text), mode: item.mode ?? mode });
  }
}

async function addToken(input: PayloadInput, payload: Payload, source: NonNullable<Projection["serviceAccountToken"]>, mode: number): Promise<void> {
  const token = await input.token(input.pod, {
    ...(source.audience === undefined ? {} : { audience: source.audience }),
    ...(source.expirationSeconds === undefined ? {} : { expirationSeconds: source.expirationSeconds }),
  });
  const uid = commonUser(input.pod);
  const isPrivate = uid !== undefined || input.pod.spec?.securityContext?.fsGroup !== undefined;
  payload.set(source.path, { data: Buffer.from(token), mode: isPrivate ? PRIVATE_MODE : mode, ...(uid === undefined ? {} : { uid }) });
}

/** The user that all containers run as, when the spec says so for each. */
function commonUser(pod: Pod): number | undefined {
  const shared = pod.spec?.securityContext?.runAsUser;
  const users = new Set([...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((container) => container.securityContext?.runAsUser ?? shared));
  const [only] = users;
  return users.size === 1 ? only : undefined;
}
