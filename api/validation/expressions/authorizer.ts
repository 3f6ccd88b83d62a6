import { CelError } from "../../cel/cel-error.ts";
import { Library } from "../../cel/function.ts";
import { type CelType, parseType } from "../../cel/types.ts";

const TYPES = "kubernetes.authorization";

/** What `authorizer` is. */
export const AUTHORIZER: CelType = parseType(`${TYPES}.Authorizer`);
/** What `authorizer.requestResource` is. */
export const RESOURCE_CHECK: CelType = parseType(`${TYPES}.ResourceCheck`);

const signatures: Readonly<Record<string, string>> = {
  authorizer_path: "Authorizer::path(string) -> PathCheck",
  authorizer_group: "Authorizer::group(string) -> GroupCheck",
  authorizer_serviceaccount: "Authorizer::serviceAccount(string, string) -> Authorizer",
  groupcheck_resource: "GroupCheck::resource(string) -> ResourceCheck",
  resourcecheck_subresource: "ResourceCheck::subresource(string) -> ResourceCheck",
  resourcecheck_namespace: "ResourceCheck::namespace(string) -> ResourceCheck",
  resourcecheck_name: "ResourceCheck::name(string) -> ResourceCheck",
  authorizer_fieldselector: "ResourceCheck::fieldSelector(string) -> ResourceCheck",
  authorizer_labelselector: "ResourceCheck::labelSelector(string) -> ResourceCheck",
  pathcheck_check: "PathCheck::check(string) -> Decision",
  resourcecheck_check: "ResourceCheck::check(string) -> Decision",
  decision_errored: "Decision::errored() -> bool",
  decision_error: "Decision::error() -> string",
  decision_allowed: "Decision::allowed() -> bool",
  decision_reason: "Decision::reason() -> string",
};

/** The functions with which policies ask what the caller may do. They can be compiled, not run: nothing evaluates policies yet. */
export function authorizerFunctions(): Library {
  const library = new Library();
  for (const [id, signature] of Object.entries(signatures)) {
    library.define(id, signature.replaceAll(/Authorizer|PathCheck|GroupCheck|ResourceCheck|Decision/g, (name) => `${TYPES}.${name}`), () => {
      throw new CelError("authorization checks are not evaluated");
    });
  }
  return library;
}
