import test from "ava";
import { fieldPath } from "../../status/field-path.ts";
import { type ExpressionRule, type Expressions, expressionsOf } from "../admissionregistration/expressions.ts";
import type { Errors } from "../common.ts";
import { validateDeviceSelector } from "./device-selector.ts";

/** What is wrong with an expression: the first line of the answer. */
function faultOf(rule: ExpressionRule, expression: string): string {
  const errors: Errors = [];
  rule(expression, fieldPath("x"), errors);
  return errors.map(({ detail }) => detail.split("\n")[0]).join("; ");
}

function policy(): Expressions {
  const expressions = expressionsOf({ params: true, variables: true, patches: true });
  for (const [name, expression] of [["count", "size(object.spec.items) + 1"], ["names", "['a', 'b']"], ["decision", "authorizer.path('/x').check('get')"], ["broken", "1 +"]]) {
    expressions.variable(name ?? "", expression ?? "", fieldPath("x"), []);
  }
  return expressions;
}

const failed = (column: number, message: string) => `compilation failed: ERROR: <input>:1:${column}: ${message}`;
const undeclared = (name: string, column = 1) => failed(column, `undeclared reference to '${name}' (in container '')`);
const overload = (column: number, operator: string, types: string) => failed(column, `found no matching overload for '${operator}' applied to '(${types})'`);

/** Expressions of each use with what is wrong with them; "" if nothing is. */
const rules: readonly (readonly [keyof Expressions, string, string])[] = [
  ["validation", "object.spec.replicas < params.most && oldObject == null", ""],
  ["validation", "object.metadata.?labels['a'].orValue('') == 'x'", ""],
  ["validation", "request.userInfo.groups.exists(group, group == 'a') && request.dryRun", ""],
  ["validation", "namespaceObject.metadata.labels['a'] == 'b' && namespaceObject.status.conditions.all(c, c.lastTransitionTime > timestamp('2024-01-01T00:00:00Z'))", ""],
  ["validation", "authorizer.requestResource.check('get').allowed()", ""],
  ["validation", "authorizer.serviceAccount('a', 'b').group('apps').resource('deployments').subresource('scale').namespace('n').name('d').labelSelector('a=b').fieldSelector('c=d').check('get').errored()", ""],
  ["validation", "variables.count > 1 && variables.names.all(name, name != '') && variables.decision.allowed() && variables.broken", ""],
  ["validation", "object.spec.paused", "must evaluate to bool but got dyn"],
  ["validation", "variables.names", "must evaluate to bool but got list(string)"],
  ["validation", "object.spec.replicas <", failed(23, "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}")],
  ["validation", "request.uid == ''", failed(8, "undefined field 'uid'")],
  ["validation", "request.kind.kind == 1", overload(19, "_==_", "string, int")],
  ["validation", "variables.count == 'a'", overload(17, "_==_", "int, string")],
  ["validation", "variables.other", failed(10, "undefined field 'other'")],
  ["validation", "authorizer.other", failed(11, "type 'kubernetes.authorization.Authorizer' does not support field selection")],
  ["validation", "authorizer.path(1).check('get').allowed()", failed(16, "found no matching overload for 'path' applied to 'kubernetes.authorization.Authorizer.(int)'")],
  ["message", "'a' + object.metadata.name", ""],
  ["message", "object.metadata.name", "must evaluate to string but got dyn"],
  ["message", "authorizer.path('/').check('get').reason()", undeclared("authorizer")],
  ["auditAnnotation", "object.a == 1 ? 'x' : null", overload(15, "_?_:_", "bool, string, null")],
  ["auditAnnotation", "null", ""],
  ["auditAnnotation", "string(variables.count)", ""],
  ["auditAnnotation", "true", "must evaluate to one of [string null_type] but got bool"],
  ["matchCondition", "object.kind == 'Pod' && authorizer.requestResource.check('get').allowed() && params.a", ""],
  ["matchCondition", "variables.count > 1", undeclared("variables")],
  ["matchCondition", "1", "must evaluate to bool but got int"],
  ["applyConfiguration", "Object{metadata: Object.metadata{labels: {'a': 'b'}}, spec: Object.spec{items: [Object.spec.items{name: 'x'}]}}", ""],
  ["applyConfiguration", "Object.spec{}", "must evaluate to Object but got Object.spec"],
  ["applyConfiguration", "Other{}", undeclared("Other", 6)],
  ["jsonPatch", "object.a ? [JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c'), value: {'d': 1}}] : []", ""],
  ["jsonPatch", "[]", "must evaluate to list(JSONPatch) but got list(dyn)"],
  ["jsonPatch", "[JSONPatch{kind: 'add'}]", failed(16, "undefined field 'kind'")],
  ["jsonPatch", "[JSONPatch{op: 1}]", failed(14, "expected type of field 'op' is 'string' but provided type is 'int'")],
];

for (const [use, expression, fault] of rules) {
  test(`${use}: ${expression}${fault === "" ? "" : " is refused"}`, (t) => {
    t.is(faultOf(policy()[use] as ExpressionRule, expression), fault);
  });
}

test("Without parameters there are no params; without patches there is no Object", (t) => {
  const { validation, applyConfiguration } = expressionsOf({ params: false, variables: false });
  t.is(faultOf(validation, "params.a == 1"), undeclared("params"));
  t.is(faultOf(validation, "variables.a == 1"), undeclared("variables"));
  t.is(faultOf(applyConfiguration, "Object{}"), undeclared("Object", 7));
});

const selectors: readonly (readonly [string, string])[] = [
  ["device.driver == 'x' && device.attributes['d.example.com'].model.startsWith('a')", ""],
  ["device.capacity['d.example.com'].memory.compareTo(quantity('1Gi')) >= 0 && device.attributes['d.example.com'].version.isGreaterThan(semver('1.0.0'))", ""],
  ["cel.bind(dra, device.attributes['d.example.com'], dra.one && dra.two)", ""],
  ["device.attributes['d.example.com'].flag", ""],
  ["device.driver", "must evaluate to bool or the unknown type, not string"],
  ["device.model", failed(7, "undefined field 'model'")],
  ["UPPER", undeclared("UPPER")],
  ["", "compilation failed: ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"],
  ["device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a == d))))", "too complex, exceeds cost limit"],
];

for (const [expression, fault] of selectors) {
  test(`Device selector: ${expression}${fault === "" ? "" : " is refused"}`, (t) => {
    t.is(faultOf(validateDeviceSelector, expression), fault);
  });
}
