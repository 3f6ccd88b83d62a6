import { validateLocalSubjectAccessReview, validateSelfSubjectAccessReview, validateSubjectAccessReview } from "../../validation/authorization.ts";
import type { LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview } from "../../wire.ts";
import { defineKind } from "../define.ts";

const GROUP = { group: "authorization.k8s.io", version: "v1" } as const;
const DEFINITIONS = "io.k8s.api.authorization.v1.";

/** May this user do that? */
export const subjectAccessReview = defineKind<SubjectAccessReview>({
  ...GROUP,
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
  definition: `${DEFINITIONS}SubjectAccessReview`,
  strategy: { validate: validateSubjectAccessReview },
});

/** The same for those who may only ask about one namespace. */
export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  ...GROUP,
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  namespaced: true,
  verbs: ["create"],
  definition: `${DEFINITIONS}LocalSubjectAccessReview`,
  strategy: { validate: validateLocalSubjectAccessReview },
});

/** May I do that? */
export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  ...GROUP,
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
  definition: `${DEFINITIONS}SelfSubjectAccessReview`,
  strategy: { validate: validateSelfSubjectAccessReview },
});

/** What may I do in this namespace? */
export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  ...GROUP,
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  namespaced: false,
  verbs: ["create"],
  definition: `${DEFINITIONS}SelfSubjectRulesReview`,
  strategy: {},
});
