import { CompileError, compileErrorText } from "../../../api/cel/cel-error.ts";
import { encodeObject } from "../../../api/codec/json.ts";
import { parseJson } from "../../../api/codec/parse-json.ts";
import { forbidden, StatusError } from "../../../api/status/errors.ts";
import { matcherOf } from "../../../api/selector/labels.ts";
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from "../../../api/wire.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import type { CachedObject } from "../../registry/cached-object.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import type { KindTable } from "../../registry/served-kind.ts";
import type { WatchCache } from "../../registry/watch-cache.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { Settled } from "../settled.ts";
import { PendingCheck, RequestBindings } from "./bindings.ts";
import { type CompiledPolicy, compilePolicy } from "./compiled-policy.ts";
import { RequestMatcher } from "./match.ts";
import { type Failure, PolicyRun } from "./policy-run.ts";

const GROUP = "admissionregistration.k8s.io";
/** How often a policy is run again because an authorization check had to be waited for. */
const MAX_CHECKS = 32;
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 };

type Binding = NonNullable<ValidatingAdmissionPolicyBinding["spec"]>;

export interface PolicyParts {
  readonly policies: KindCache;
  readonly bindings: KindCache;
  readonly namespaces: KindCache;
  readonly kinds: KindTable;
  readonly cache: WatchCache;
  readonly authorizer: Authorizer;
  fresh(): Promise<unknown>;
}

/** ValidatingAdmissionPolicies (KEP-3488), each through its bindings: rules in CEL that refuse or warn. Policies themselves are never asked about, so that they cannot lock themselves in. */
export function validatingPolicies(parts: PolicyParts): AdmissionPlugin {
  const settled = new Settled(() => parts.fresh());
  const compiled = new WeakMap<CachedObject, CompiledPolicy | string>();
  const matchers = new WeakMap<CachedObject, RequestMatcher>();
  const check = async (request: AdmissionRequest): Promise<void> => {
    await settled.wait(request.now_ms);
    for (const cached of parts.bindings.snapshot().range("", "")) {
      const { spec } = cached.object() as ValidatingAdmissionPolicyBinding;
      const policy = spec === undefined ? undefined : parts.policies.get(spec.policyName ?? "");
      if (spec === undefined || policy === undefined) continue;
      const matcher = remembered(matchers, cached, () => new RequestMatcher(spec.matchResources));
      const program = remembered(compiled, policy, () => compileOrSay(policy.object() as ValidatingAdmissionPolicy));
      await checkBinding(parts, request, { name: cached.name, spec, matcher }, policy.name, program);
    }
  };
  return {
    name: "ValidatingAdmissionPolicy",
    validate(request) {
      if (request.kind.entry.group === GROUP) return settled.note(request.now_ms);
      return parts.bindings.size === 0 && settled.isQuiet(request.now_ms) ? undefined : check(request);
    },
  };
}

function remembered<K extends WeakKey, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}

function compileOrSay(policy: ValidatingAdmissionPolicy): CompiledPolicy | string {
  try {
    return compilePolicy(policy);
  } catch (error) {
    if (error instanceof CompileError) return compileErrorText(error);
    throw error;
  }
}

async function checkBinding(parts: PolicyParts, request: AdmissionRequest, binding: { name: string; spec: Binding; matcher: RequestMatcher }, policyName: string, policy: CompiledPolicy | string): Promise<void> {
  if (typeof policy === "string") throw denied(request, policyName, binding.name, { message: policy, reason: undefined, isError: true });
  if (!policy.matcher.matches(request, parts.namespaces, true) || !binding.matcher.matches(request, parts.namespaces, false)) return;
  const bindings = new RequestBindings(request, parts.authorizer, () => parts.namespaces.get(request.namespace)?.object());
  const failures: Failure[] = [];
  const params = paramsOf(parts, request, policy, binding.spec);
  if (typeof params === "string") failures.push({ message: `failed to configure binding: ${params}`, reason: undefined, isError: true });
  else for (const one of params) failures.push(...(await failuresOf(policy, bindings, one)));
  for (const failure of failures) {
    if (failure.isError && policy.ignoresFailure) continue;
    for (const action of binding.spec.validationActions ?? []) {
      if (action === "Deny") throw denied(request, policyName, binding.name, failure);
      if (action === "Warn") request.warnings.push(`Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${binding.name}': ${failure.message}`);
    }
  }
}

/** Runs the policy; where it asks for an authorization check that is not known yet, once more when it is. */
async function failuresOf(policy: CompiledPolicy, bindings: RequestBindings, params: unknown): Promise<Failure[]> {
  for (let checks = 0; ; checks++) {
    try {
      const run = new PolicyRun(policy, bindings.get, params);
      const applies = run.conditions();
      if (applies === false) return [];
      return applies === true ? run.failures() : [{ message: applies, reason: undefined, isError: true }];
    } catch (error) {
      if (!(error instanceof PendingCheck)) throw error;
      if (checks >= MAX_CHECKS) return [{ message: `more than ${MAX_CHECKS} authorization checks`, reason: undefined, isError: true }];
      await error.settled;
    }
  }
}

/** The objects that the policy is run with, one after another; [undefined] where it has none, a text where there should be one. */
function paramsOf({ kinds, cache }: PolicyParts, request: AdmissionRequest, { paramKind }: CompiledPolicy, { paramRef }: Binding): unknown[] | string {
  if (paramKind === undefined || paramRef === undefined) return [undefined];
  const slash = paramKind.apiVersion.lastIndexOf("/");
  const kind = kinds.byKind(slash < 0 ? "" : paramKind.apiVersion.slice(0, slash), paramKind.apiVersion.slice(slash + 1), paramKind.kind);
  if (kind === undefined || kind.virtual || kind.uncached) return `paramKind kind \`${paramKind.apiVersion}, Kind=${paramKind.kind}\` not known`;
  const namespace = kind.entry.namespaced ? paramRef.namespace || request.namespace : "";
  if (kind.entry.namespaced && namespace === "") return "can't use namespaced paramRef to match cluster-scoped resources";
  const objects = cache.of(kind);
  const json = (cached: CachedObject): unknown => parseJson(encodeObject(kind.definition, cached.object()));
  if (paramRef.name) {
    const found = objects.get(kind.objectKey(namespace, paramRef.name));
    if (found !== undefined) return [json(found)];
  } else {
    const selector = matcherOf(paramRef.selector);
    const range = kind.entry.namespaced ? objects.snapshot().range(`${namespace}/`, `${namespace}0`) : objects.snapshot().range("", "");
    const found = [...range].filter((cached) => selector.matches(cached.labels ?? {}));
    if (found.length > 0) return found.map(json);
  }
  return paramRef.parameterNotFoundAction === "Deny" ? "no params found for policy binding with `Deny` parameterNotFoundAction" : [];
}

function denied(request: AdmissionRequest, policy: string, binding: string, { message, reason = "Invalid" }: Failure): StatusError {
  const text = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${message}`;
  const { status } = forbidden(request.kind.resource, request.name, text);
  return new StatusError({ ...status, reason, code: CODES[reason] ?? 422, details: { ...status.details, causes: [{ message: text }] } });
}
