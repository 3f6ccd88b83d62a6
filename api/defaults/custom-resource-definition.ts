import type { CustomResourceDefinition } from "../wire.ts";

const HTTPS_PORT = 443;

/** Names that follow from the kind, conversion by changing nothing but the version, the port of a webhook's Service, the version that objects are stored in. */
export function defaultCustomResourceDefinition(definition: CustomResourceDefinition): void {
  const { spec } = definition;
  if (!spec) return;
  if (spec.names) {
    const { kind } = spec.names;
    if (!spec.names.singular && kind) spec.names.singular = kind.toLowerCase();
    if (!spec.names.listKind && kind) spec.names.listKind = `${kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= HTTPS_PORT;
  const { status } = definition;
  if (!status || (status.storedVersions?.length ?? 0) > 0) return;
  const storage = spec.versions?.find((version) => version.storage)?.name;
  if (storage !== undefined) status.storedVersions = [storage];
}
