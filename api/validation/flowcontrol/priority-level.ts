import { forbidden, invalid, notSupported, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { PriorityLevelConfiguration } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { nameIsDnsSubdomain, rangeText } from "../names.ts";
import { validateCoreObjectMeta } from "../object-meta.ts";
import { validateFlowConditions } from "./flow-schema.ts";
import { mandatoryPriorityLevels } from "./mandatory.ts";

type Spec = NonNullable<PriorityLevelConfiguration["spec"]>;
type Limited = NonNullable<Spec["limited"]>;
type Queuing = NonNullable<NonNullable<Limited["limitResponse"]>["queuing"]>;

const SPEC = fieldPath("spec");
const DEFINITION = "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec";
const EXEMPT = "exempt";
const MAX_QUEUES = 10_000_000;
const MAX_HASH_BITS = 60;
const POSITIVE_TEXT = "must be positive";
const NON_NEGATIVE_TEXT = "must be a non-negative integer";

/** Also of an update: nothing of a level is fixed once it is there. */
export function validatePriorityLevel(level: PriorityLevelConfiguration): Errors {
  const errors: Errors = [];
  const { name = "" } = level.metadata;
  const spec: Partial<Spec> = level.spec ?? {};
  validateCoreObjectMeta(level.metadata, false, nameIsDnsSubdomain, errors);
  validateSpec(name, spec, errors);
  const fixed = mandatoryPriorityLevels.get(name);
  if (fixed !== undefined) validateFixed(name, spec, fixed, errors);
  validateFlowConditions(level.status?.conditions, errors);
  return errors;
}

function validateFixed(name: string, spec: Partial<Spec>, fixed: Spec, errors: Errors): void {
  const compared = name === EXEMPT ? { ...spec, exempt: fixed.exempt } : spec;
  if (semanticEqual(DEFINITION, compared, fixed)) return;
  const subject = name === EXEMPT ? `spec of '${name}' except the 'spec.exempt' field` : `spec of '${name}'`;
  errors.push(invalid(SPEC, internalJson(DEFINITION, spec), `${subject} must equal the fixed value`));
}

function validateSpec(name: string, spec: Partial<Spec>, errors: Errors): void {
  const { type = "", limited, exempt } = spec;
  if ((name === EXEMPT) !== (type === "Exempt")) errors.push(invalid(SPEC.child("type"), type, "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === "Exempt") {
    if (limited) errors.push(forbidden(SPEC.child("limited"), "must be nil if the type is not Limited"));
    if (exempt) validateShares(exempt, SPEC.child("exempt"), errors);
  } else if (type === "Limited") {
    if (exempt) errors.push(forbidden(SPEC.child("exempt"), "must be nil if the type is Limited"));
    if (!limited) errors.push(required(SPEC.child("limited"), "must not be empty when type is Limited"));
    else validateLimited(limited, SPEC.child("limited"), errors);
  } else errors.push(notSupported(SPEC.child("type"), type, ["Exempt", "Limited"]));
}

function validateShares({ nominalConcurrencyShares, lendablePercent }: { nominalConcurrencyShares?: number; lendablePercent?: number }, path: FieldPath, errors: Errors): void {
  if (nominalConcurrencyShares !== undefined && nominalConcurrencyShares < 0) errors.push(invalid(path.child("nominalConcurrencyShares"), nominalConcurrencyShares, NON_NEGATIVE_TEXT));
  validateLendable(lendablePercent, path, errors);
}

function validateLendable(percent: number | undefined, path: FieldPath, errors: Errors): void {
  if (percent !== undefined && (percent < 0 || percent > 100)) errors.push(invalid(path.child("lendablePercent"), percent, rangeText(0, 100)));
}

function validateLimited(limited: Limited, path: FieldPath, errors: Errors): void {
  const { nominalConcurrencyShares: shares = 0, limitResponse, lendablePercent, borrowingLimitPercent } = limited;
  if (shares < 0) errors.push(invalid(path.child("nominalConcurrencyShares"), shares, NON_NEGATIVE_TEXT));
  const at = path.child("limitResponse");
  const { type = "", queuing }: Partial<NonNullable<Limited["limitResponse"]>> = limitResponse ?? {};
  if (type === "Reject") {
    if (queuing) errors.push(forbidden(at.child("queuing"), "must be nil if limited.limitResponse.type is not Limited"));
  } else if (type === "Queue") {
    if (queuing) validateQueuing(queuing, at.child("queuing"), errors);
    else errors.push(required(at.child("queuing"), "must not be empty if limited.limitResponse.type is Limited"));
  } else errors.push(notSupported(at.child("type"), type, ["Queue", "Reject"]));
  validateLendable(lendablePercent, path, errors);
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    errors.push(invalid(path.child("borrowingLimitPercent"), borrowingLimitPercent, "if specified, must be a non-negative integer"));
  }
}

/** The bits that dealing a hand from the queues takes must be there in a hash. */
function validateQueuing(queuing: Queuing, path: FieldPath, errors: Errors): void {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  if (queueLengthLimit <= 0) errors.push(invalid(path.child("queueLengthLimit"), queueLengthLimit, POSITIVE_TEXT));
  if (queues <= 0) errors.push(invalid(path.child("queues"), queues, POSITIVE_TEXT));
  else if (queues > MAX_QUEUES) errors.push(invalid(path.child("queues"), queues, `must not be greater than ${MAX_QUEUES}`));
  const at = path.child("handSize");
  if (handSize <= 0) errors.push(invalid(at, handSize, POSITIVE_TEXT));
  else if (handSize > queues) errors.push(invalid(at, handSize, `should not be greater than queues (${queues})`));
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS) {
    errors.push(invalid(at, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`));
  }
}

export function validatePriorityLevelStatusUpdate(level: PriorityLevelConfiguration): Errors {
  const errors: Errors = [];
  validateFlowConditions(level.status?.conditions, errors);
  return errors;
}
