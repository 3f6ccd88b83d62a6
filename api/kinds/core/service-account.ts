import { nameIsDnsSubdomain } from "../../validation/names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../../validation/object-meta.ts";
import type { ServiceAccount } from "../../wire.ts";
import { tokenRequest } from "../authentication/token-request.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

function validate(account: ServiceAccount) {
  const errors: Parameters<typeof validateCoreObjectMeta>[3] = [];
  validateCoreObjectMeta(account.metadata, true, nameIsDnsSubdomain, errors);
  return errors;
}

export const serviceAccount = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.ServiceAccount",
  subresources: {
    token: { type: "create", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"], body: tokenRequest },
  },
  strategy: {
    returnDeletedObject: true,
    prepareForCreate: dropEmptySecrets,
    validate,
    prepareForUpdate: dropEmptySecrets,
    validateUpdate(account, old) {
      const errors: ReturnType<typeof validate> = [];
      validateCoreObjectMetaUpdate(account.metadata, old.metadata, errors);
      return [...errors, ...validate(account)];
    },
    warnings: serviceAccountWarnings,
  },
  columns: [nameColumn, ageColumn],
});

/** Of a secret's reference only the name counts. */
function dropEmptySecrets(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

const ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets";

function serviceAccountWarnings(account: ServiceAccount, old: ServiceAccount | undefined): string[] {
  const isNew = old?.metadata.annotations?.[ENFORCE_ANNOTATION] === undefined;
  return isNew && account.metadata.annotations?.[ENFORCE_ANNOTATION] !== undefined
    ? [`metadata.annotations[${ENFORCE_ANNOTATION}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`]
    : [];
}
