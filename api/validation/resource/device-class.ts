import { invalid } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { DeviceClass } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { nameIsLongName } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { isExtendedResource } from "../resources.ts";
import { MAX_CONFIGS } from "./claim-spec.ts";
import { validateDeviceConfiguration, validateDeviceSelectors } from "./configuration.ts";
import { validateItems } from "./lists.ts";

const SPEC = fieldPath("spec");
const DEFINITION = "io.k8s.api.resource.v1.DeviceClassSpec";

export function validateDeviceClass(deviceClass: DeviceClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(deviceClass.metadata, false, nameIsLongName, errors);
  validateSpec(deviceClass, undefined, errors);
  return errors;
}

export function validateDeviceClassUpdate(deviceClass: DeviceClass, old: DeviceClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(deviceClass.metadata, false, nameIsLongName, errors);
  validateCoreObjectMetaUpdate(deviceClass.metadata, old.metadata, errors);
  validateSpec(deviceClass, old, errors);
  return errors;
}

/** What is as it was stored is not looked at again. */
function validateSpec(deviceClass: DeviceClass, old: DeviceClass | undefined, errors: Errors): void {
  const { selectors, config, extendedResourceName } = deviceClass.spec ?? {};
  const stored = (field: "selectors" | "config") => old !== undefined && semanticEqual(DEFINITION, { [field]: deviceClass.spec?.[field] }, { [field]: old.spec?.[field] });
  validateDeviceSelectors(selectors, stored("selectors"), SPEC.child("selectors"), errors);
  validateItems(config, MAX_CONFIGS, (one, path) => validateDeviceConfiguration(one, stored("config"), path, errors), SPEC.child("config"), errors);
  if (extendedResourceName !== undefined && !isExtendedResource(extendedResourceName)) {
    errors.push(invalid(SPEC.child("extendedResourceName"), extendedResourceName, "must be a valid extended resource name"));
  }
}
