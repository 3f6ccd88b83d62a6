import { type DataType, plainType } from "../../cel/data-type.ts";
import { Environment, kubernetesFunctions } from "../../cel/environment.ts";
import { type Functions, joinLibraries } from "../../cel/function.ts";
import { type CelType, DYN } from "../../cel/types.ts";
import { NAMESPACE, REQUEST, type VariablesType } from "./admission-types.ts";
import { AUTHORIZER, authorizerFunctions, RESOURCE_CHECK } from "./authorizer.ts";
import { jsonPatchFunctions, mutationTypes } from "./mutation-types.ts";

/** What expressions of one field of a policy or webhook may name besides the request. */
export interface AdmissionScope {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** Absent: the policy has no variables, or these expressions may not use them. */
  readonly variables?: VariablesType | undefined;
  /** They may build objects and JSON patches. */
  readonly patches?: boolean;
}

let functions: Functions | undefined;
let patchFunctions: Functions | undefined;

function admissionFunctions(patches: boolean): Functions {
  functions ??= withLibrary(kubernetesFunctions(), joinLibraries([authorizerFunctions()]));
  if (!patches) return functions;
  patchFunctions ??= withLibrary(functions, joinLibraries([jsonPatchFunctions()]));
  return patchFunctions;
}

function withLibrary(base: Functions, more: Functions): Functions {
  const joined = new Map(base);
  for (const [name, overloads] of more) joined.set(name, [...(base.get(name) ?? []), ...overloads]);
  return joined;
}

/** The environment of expressions that look at a request which is being admitted. */
export function admissionEnvironment({ params, authorizer, variables, patches = false }: AdmissionScope): Environment {
  const types: [string, CelType][] = [["object", DYN], ["oldObject", DYN], ["namespaceObject", NAMESPACE], ["request", REQUEST]];
  if (params) types.push(["params", DYN]);
  if (authorizer) types.push(["authorizer", AUTHORIZER], ["authorizer.requestResource", RESOURCE_CHECK]);
  if (variables !== undefined) types.push(["variables", variables]);
  const declared = new Map<string, DataType>(types.map(([name, type]) => [name, plainType(type)]));
  return new Environment({ variables: declared, functions: admissionFunctions(patches), ...(patches ? { objects: mutationTypes } : {}) });
}
