import { invalid } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { Errors } from "../../validation/common.ts";
import type { TokenRequest } from "../../wire.ts";
import type { BodyKind } from "../kind.ts";

const LIFE_DEFAULT_S = 3600;
const LIFE_MIN_S = 600;
const LIFE_MAX_S = 2 ** 32;

/** Body of `POST serviceaccounts/NAME/token`. */
export const tokenRequest: BodyKind<TokenRequest> = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  definition: "io.k8s.api.authentication.v1.TokenRequest",
  applyDefaults(request) {
    const spec = (request.spec ??= { audiences: [] });
    spec.expirationSeconds ??= LIFE_DEFAULT_S;
  },
  validate(request) {
    const errors: Errors = [];
    const life_s = request.spec?.expirationSeconds ?? 0;
    const path = fieldPath("spec", "expirationSeconds");
    if (life_s < LIFE_MIN_S) errors.push(invalid(path, life_s, "may not specify a duration less than 10 minutes"));
    if (life_s > LIFE_MAX_S) errors.push(invalid(path, life_s, "may not specify a duration larger than 2^32 seconds"));
    return errors;
  },
};
