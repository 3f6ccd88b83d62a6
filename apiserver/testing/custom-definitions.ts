import type { Json, TestClient } from "./test-client.ts";

export const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A schema under which anything goes. */
export const ANYTHING = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

export interface DefinitionOptions {
  readonly group?: string;
  readonly scope?: "Namespaced" | "Cluster";
  readonly schema?: object;
  /** More of the one version: subresources, columns, selectable fields. */
  readonly version?: object;
  /** All versions instead of one `v1`. */
  readonly versions?: readonly object[];
  readonly names?: object;
  readonly spec?: object;
}

/** A CustomResourceDefinition of Widgets or the like: `widgets` → kind Widget. */
export function definitionOf(plural: string, options: DefinitionOptions = {}): Json {
  const { group = "example.com", scope = "Namespaced", schema = ANYTHING, version = {}, versions, names = {}, spec = {} } = options;
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope, names: { plural, kind, ...names }, versions: versions ?? [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }], ...spec },
  };
}

/** Whether a condition of the definition is True. */
export function hasCondition(definition: Json, type: string, status = "True"): boolean {
  return definition?.status?.conditions?.some((condition: Json) => condition.type === type && condition.status === status) === true;
}

/** Waits until the definition is as wanted; undefined stands for one that is gone. */
export async function untilDefinition(client: TestClient, name: string, wanted: (definition: Json | undefined) => boolean): Promise<Json> {
  const listed = await client.get(`${DEFINITIONS}?fieldSelector=metadata.name%3D${name}`);
  const found: Json | undefined = listed.body.items[0];
  if (wanted(found)) return found;
  const watch = await client.watch(`${DEFINITIONS}?watch=1&fieldSelector=metadata.name%3D${name}&resourceVersion=${listed.body.metadata.resourceVersion}`);
  try {
    for (let event = await watch.next(); event !== undefined; event = await watch.next()) if (wanted(event.type === "DELETED" ? undefined : event.object)) return event.object;
    throw new Error(`the watch of ${name} ended`);
  } finally {
    watch.close();
  }
}

/** Makes the definition and waits until its objects are served. */
export async function establish(client: TestClient, definition: Json): Promise<Json> {
  const { status, body } = await client.post(DEFINITIONS, definition);
  if (status !== 201) throw new Error(`definition refused: ${body?.message}`);
  return await untilDefinition(client, definition.metadata.name, (now) => hasCondition(now, "Established"));
}

/** Changes the definition's spec and waits until its objects are as `seen` says: the new form is served an event later. */
export async function removeDefinition(client: TestClient, name: string): Promise<void> {
  await client.delete(`${DEFINITIONS}/${name}`);
  await untilDefinition(client, name, (now) => now === undefined);
}
