import type { Changes } from "./change.ts";
import { LABEL_VALUE, NAME_PART } from "./rule-texts.ts";

const OWNER = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };

/** What no kind's metadata may hold, with the errors that must be among those found; of one that ends with `…` only the beginning counts. */
export const metadataRules: readonly (readonly [changes: Changes, ...errors: string[]])[] = [
  [{ "metadata.labels": { "bad key": "v" } }, `metadata.labels: Invalid value: "bad key": name part ${NAME_PART}`],
  [{ "metadata.labels": { a: "bad value!" } }, `metadata.labels: Invalid value: "bad value!": ${LABEL_VALUE}`],
  [{ "metadata.annotations": { "bad key": "v" } }, `metadata.annotations: Invalid value: "bad key": name part ${NAME_PART}`],
  [{ "metadata.annotations": { a: "a".repeat(256 * 1024) } }, "metadata.annotations: Too long: may not be more than 262144 bytes"],
  [{ "metadata.finalizers": ["example.com/bad name"] }, `metadata.finalizers: Invalid value: "example.com/bad name": name part ${NAME_PART}`],
  [{ "metadata.finalizers": ["orphan", "foregroundDeletion"] }, 'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"…'],
  [
    { "metadata.ownerReferences": [{ apiVersion: "", kind: "", name: "", uid: "" }] },
    'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
    'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
    'metadata.ownerReferences.name: Invalid value: "": must not be empty',
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ],
  [
    { "metadata.ownerReferences": [{ ...OWNER, kind: "Event" }] },
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"p","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ],
  [
    { "metadata.ownerReferences": [{ ...OWNER, controller: true }, { ...OWNER, name: "q", controller: true }] },
    'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true},{"apiVersion":"v1","kind":"Pod","name":"q","uid":"u","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q',
  ],
];

/** What no update may do to metadata. */
export const metadataUpdateRules: readonly (readonly [changes: Changes, ...errors: string[]])[] = [
  [{ "metadata.name": "other" }, 'metadata.name: Invalid value: "other": field is immutable'],
  [{ "metadata.uid": "other" }, 'metadata.uid: Invalid value: "other": field is immutable'],
  [{ "metadata.labels": { "bad key": "v" } }, `metadata.labels: Invalid value: "bad key": name part ${NAME_PART}`],
  [{ "metadata.annotations": { a: "a".repeat(256 * 1024) } }, "metadata.annotations: Too long: may not be more than 262144 bytes"],
];
