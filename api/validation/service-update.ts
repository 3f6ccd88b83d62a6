import { forbidden } from "../status/field-error.ts";
import type { Service } from "../wire.ts";
import { type Errors, IMMUTABLE_TEXT } from "./common.ts";
import { validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { needsHealthCheck, SERVICE_SPEC, validateLoadBalancerClass, validateService } from "./service.ts";
import { validateAddressUpdate, validateLoadBalancerStatus } from "./service-addresses.ts";

/** What may not change, then the whole Service again. */
export function validateServiceUpdate(service: Service, old: Service): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(service.metadata, old.metadata, errors);
  validateAddressUpdate(service, old, errors);
  validateLoadBalancerClass(service.spec ?? {}, errors, old.spec ?? {});
  if (needsHealthCheck(old) && needsHealthCheck(service) && service.spec?.healthCheckNodePort !== old.spec?.healthCheckNodePort) {
    errors.push(forbidden(SERVICE_SPEC.child("healthCheckNodePort"), IMMUTABLE_TEXT));
  }
  errors.push(...validateService(service, old));
  return errors;
}

export function validateServiceStatusUpdate(service: Service, old: Service): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(service.metadata, old.metadata, errors);
  validateLoadBalancerStatus(service, old, errors);
  return errors;
}
