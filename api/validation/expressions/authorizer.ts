import { CelError } from "../../cel/cel-error.ts";
import { Library, type Run } from "../../cel/function.ts";
import { type CelType, parseType } from "../../cel/types.ts";
import type { CelValue } from "../../cel/values.ts";
import { AccessBuilder, AccessDecision } from "./authorizer-values.ts";

const TYPES = "kubernetes.authorization";

/** What `authorizer` is. */
export const AUTHORIZER: CelType = parseType(`${TYPES}.Authorizer`);
/** What `authorizer.requestResource` is. */
export const RESOURCE_CHECK: CelType = parseType(`${TYPES}.ResourceCheck`);

/** What an authorization check costs: it may take a while. */
const CHECK_COST = { units: () => 350_000 };

const functions: Readonly<Record<string, readonly [signature: string, run: Run]>> = {
  authorizer_path: ["Authorizer::path(string) -> PathCheck", ([target, path]) => builder(target).with("PathCheck", { path: text(path) })],
  authorizer_group: ["Authorizer::group(string) -> GroupCheck", ([target, group]) => builder(target).with("GroupCheck", { group: text(group) })],
  authorizer_serviceaccount: ["Authorizer::serviceAccount(string, string) -> Authorizer", ([target, namespace, name]) => builder(target).with("Authorizer", { serviceAccount: { namespace: text(namespace), name: text(name) } })],
  groupcheck_resource: ["GroupCheck::resource(string) -> ResourceCheck", ([target, resource]) => builder(target).with("ResourceCheck", { resource: text(resource) })],
  resourcecheck_subresource: ["ResourceCheck::subresource(string) -> ResourceCheck", ([target, subresource]) => builder(target).with("ResourceCheck", { subresource: text(subresource) })],
  resourcecheck_namespace: ["ResourceCheck::namespace(string) -> ResourceCheck", ([target, namespace]) => builder(target).with("ResourceCheck", { namespace: text(namespace) })],
  resourcecheck_name: ["ResourceCheck::name(string) -> ResourceCheck", ([target, name]) => builder(target).with("ResourceCheck", { name: text(name) })],
  authorizer_fieldselector: ["ResourceCheck::fieldSelector(string) -> ResourceCheck", ([target, selector]) => builder(target).with("ResourceCheck", { fieldSelector: text(selector) })],
  authorizer_labelselector: ["ResourceCheck::labelSelector(string) -> ResourceCheck", ([target, selector]) => builder(target).with("ResourceCheck", { labelSelector: text(selector) })],
  pathcheck_check: ["PathCheck::check(string) -> Decision", check],
  resourcecheck_check: ["ResourceCheck::check(string) -> Decision", check],
  decision_errored: ["Decision::errored() -> bool", ([decision]) => verdict(decision).error !== undefined],
  decision_error: ["Decision::error() -> string", ([decision]) => verdict(decision).error ?? ""],
  decision_allowed: ["Decision::allowed() -> bool", ([decision]) => verdict(decision).allowed],
  decision_reason: ["Decision::reason() -> string", ([decision]) => verdict(decision).reason],
};

/** The functions with which policies ask what the caller may do. */
export function authorizerFunctions(): Library {
  const library = new Library();
  for (const [id, [signature, run]] of Object.entries(functions)) {
    const qualified = signature.replaceAll(/Authorizer|PathCheck|GroupCheck|ResourceCheck|Decision/g, (name) => `${TYPES}.${name}`);
    if (run === check) library.define(id, qualified, run, CHECK_COST);
    else library.define(id, qualified, run);
  }
  return library;
}

function check([target, verb]: readonly CelValue[]): CelValue {
  const { asked, check: decide } = builder(target);
  return new AccessDecision(decide({ ...asked, verb: text(verb) }));
}

function builder(value: CelValue | undefined): AccessBuilder {
  if (value instanceof AccessBuilder) return value;
  throw new CelError("no such overload");
}

function verdict(value: CelValue | undefined): AccessDecision["verdict"] {
  if (value instanceof AccessDecision) return value.verdict;
  throw new CelError("no such overload");
}

function text(value: CelValue | undefined): string {
  if (typeof value === "string") return value;
  throw new CelError("no such overload");
}
