import type { SelfSubjectReview, TokenReview } from "../../wire.ts";
import { defineKind } from "../define.ts";

const GROUP = { group: "authentication.k8s.io", version: "v1" } as const;
const DEFINITIONS = "io.k8s.api.authentication.v1.";

/** Who am I? */
export const selfSubjectReview = defineKind<SelfSubjectReview>({
  ...GROUP,
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
  verbs: ["create"],
  definition: `${DEFINITIONS}SelfSubjectReview`,
  strategy: {},
});

/** Whose token is this? */
export const tokenReview = defineKind<TokenReview>({
  ...GROUP,
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
  verbs: ["create"],
  definition: `${DEFINITIONS}TokenReview`,
  strategy: {},
});
