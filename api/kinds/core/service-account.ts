import type { ServiceAccount } from "../../wire.ts";
import { tokenRequest } from "../authentication/token-request.ts";
import { defineKind } from "../define.ts";

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
  strategy: {},
});
