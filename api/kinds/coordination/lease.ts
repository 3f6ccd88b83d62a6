import { invalid } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { Errors } from "../../validation/common.ts";
import { nameIsDnsSubdomain } from "../../validation/names.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../validation/object-meta.ts";
import type { Lease } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

function validateSpec(lease: Lease, errors: Errors): void {
  const { leaseDurationSeconds, leaseTransitions } = lease.spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) errors.push(invalid(fieldPath("spec", "leaseDurationSeconds"), leaseDurationSeconds, "must be greater than 0"));
  if (leaseTransitions !== undefined && leaseTransitions < 0) errors.push(invalid(fieldPath("spec", "leaseTransitions"), leaseTransitions, "must be greater than or equal to 0"));
}

/** Fields of coordinated leader election, a feature that is off by default. */
function dropDisabled(lease: Lease): void {
  delete lease.spec?.strategy;
  delete lease.spec?.preferredHolder;
}

export const lease = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  definition: "io.k8s.api.coordination.v1.Lease",
  strategy: {
    prepareForCreate: dropDisabled,
    validate(lease) {
      const errors: Errors = [];
      validateObjectMeta(lease.metadata, true, nameIsDnsSubdomain, errors);
      validateSpec(lease, errors);
      return errors;
    },
    prepareForUpdate: dropDisabled,
    validateUpdate(lease, old) {
      const errors: Errors = [];
      validateObjectMetaUpdate(lease.metadata, old.metadata, errors);
      validateSpec(lease, errors);
      return errors;
    },
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  selectableFields: { "spec.holderIdentity": (lease) => lease.spec?.holderIdentity ?? "" },
  columns: [nameColumn, column("Holder", "Who holds the lease.", (lease) => lease.spec?.holderIdentity ?? ""), ageColumn],
});
