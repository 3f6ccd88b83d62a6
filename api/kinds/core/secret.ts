import { validateSecret, validateSecretUpdate } from "../../validation/config-map.ts";
import type { Secret } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { tlsWarnings } from "./tls-warnings.ts";

/** stringData is how clients may write text; what is stored and read is data. */
function mergeStringData(secret: Secret): void {
  if (secret.stringData) {
    const data = (secret.data ??= {});
    for (const [key, text] of Object.entries(secret.stringData)) data[key] = Buffer.from(text, "utf8").toString("base64");
  }
  delete secret.stringData;
}

export const secret = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Secret",
  strategy: {
    applyDefaults(secret) {
      mergeStringData(secret);
      secret.type ||= "Opaque";
    },
    validate: validateSecret,
    prepareForUpdate(secret, old) {
      // Of an existing secret the type cannot change: an absent one is the stored one.
      if (!secret.type && old.type) secret.type = old.type;
    },
    validateUpdate: validateSecretUpdate,
    warnings: (secret) => tlsWarnings(secret),
  },
  selectableFields: { type: (secret) => secret.type ?? "" },
  columns: [
    nameColumn,
    column("Type", "What the data is for.", (secret) => secret.type ?? ""),
    column("Data", "How many keys it holds.", (secret) => Object.keys(secret.data ?? {}).length),
    ageColumn,
  ],
});
