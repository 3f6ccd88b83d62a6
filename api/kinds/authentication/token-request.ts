import type { TokenRequest } from "../../wire.ts";
import type { BodyKind } from "../kind.ts";

/** Body of `POST serviceaccounts/NAME/token`. */
export const tokenRequest: BodyKind<TokenRequest> = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  definition: "io.k8s.api.authentication.v1.TokenRequest",
};
