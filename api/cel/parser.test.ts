import test from "ava";
import type { Node } from "./ast.ts";
import { CompileError } from "./cel-error.ts";
import { parseExpression } from "./parser.ts";
import { CelUint } from "./values.ts";

/** The tree as nested calls: `_+_(a, 1)`. */
function shape(node: Node): string {
  switch (node.kind) {
    case "literal":
      return node.value instanceof CelUint ? `${node.value.value}u` : node.value instanceof Uint8Array ? `b[${node.value.join(" ")}]` : typeof node.value === "string" ? JSON.stringify(node.value) : String(node.value);
    case "ident":
      return node.name;
    case "select":
      return node.testOnly ? `has(${shape(node.operand)}.${node.field})` : `${shape(node.operand)}.${node.field}`;
    case "call":
      return `${node.target === undefined ? "" : `${shape(node.target)}.`}${node.name}(${node.args.map(shape).join(", ")})`;
    case "list":
      return `[${node.elements.map((element, i) => (node.optional.has(i) ? "?" : "") + shape(element)).join(", ")}]`;
    case "map":
      return `{${node.entries.map(({ key, value, optional }) => `${optional ? "?" : ""}${shape(key)}: ${shape(value)}`).join(", ")}}`;
    case "struct":
      return `${node.name}{${node.fields.map(({ name, value }) => `${name}: ${shape(value)}`).join(", ")}}`;
    default:
      return `fold(${shape(node.range)}, ${node.variable}${node.secondVariable === undefined ? "" : `+${node.secondVariable}`}, ${shape(node.init)}, ${shape(node.condition)}, ${shape(node.step)}, ${shape(node.result)})`;
  }
}

const trees: readonly (readonly [string, string])[] = [
  ["1 + 2 * 3 - 4", "_-_(_+_(1, _*_(2, 3)), 4)"],
  ["a || b && !c", "_||_(a, _&&_(b, !_(c)))"],
  ["a && b && c && d", "_&&_(_&&_(a, b), _&&_(c, d))"],
  ["a ? b : c ? d : e", "_?_:_(a, b, _?_:_(c, d, e))"],
  ["!!a", "a"],
  ["-9223372036854775808", "-9223372036854775808"],
  ["-a", "-_(a)"],
  ["0x10u + 0XFF", "_+_(16u, 255)"],
  [".5 + 1e3 + 1.5E-2", "_+_(_+_(0.5, 1000), 0.015)"],
  ["a.b.c[0].d(1, 2)", "_[_](a.b.c, 0).d(1, 2)"],
  ["a.?b[?c]", '_[?_](_?._(a, "b"), c)'],
  ["[1, ?a, ]", "[1, ?a]"],
  ["{'a': 1, ?'b': c}", '{"a": 1, ?"b": c}'],
  ["Object{a: 1, b.spec{c: 2}: 3}".replace("b.spec{c: 2}: 3", "b: Object.spec{c: 2}"), "Object{a: 1, b: Object.spec{c: 2}}"],
  ["a.`b-c/d`", "a.b-c/d"],
  ["x in [1] == true", "_==_(@in(x, [1]), true)"],
  [".a.b", ".a.b"],
  ["'\\u00e9\\n\\x41\\101'", JSON.stringify("é\nAA")],
  ["r'\\d' + R\"\\s\"", '_+_("\\\\d", "\\\\s")'],
  ["'''a\n'b''' + \"\"\"x\"\"\"", '_+_("a\\n\'b", "x")'],
  ["b'é\\xff'", "b[195 169 255]"],
  ["br'\\x'", "b[92 120]"],
  ["a // comment\n + b", "_+_(a, b)"],
  ["has(a.b)", "has(a.b)"],
  ["l.all(x, x > 0)", "fold(l, x, true, @not_strictly_false(@result), _&&_(@result, _>_(x, 0)), @result)"],
  ["l.map(x, x > 0, x)", "fold(l, x, [], true, _?_:_(_>_(x, 0), _+_(@result, [x]), @result), @result)"],
  ["m.exists(k, v, k == v)", "fold(m, k+v, false, @not_strictly_false(!_(@result)), _||_(@result, _==_(k, v)), @result)"],
  ["cel.bind(x, 1, x + x)", "fold([], #unused, 1, false, x, _+_(x, x))"],
];

for (const [source, tree] of trees) {
  test(`Parses ${source}`, (t) => {
    t.is(shape(parseExpression(source)), tree);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ["self.a >", "ERROR: <input>:1:9: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.a >\n | ........^"],
  ["", "ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"],
  ["a..b", "ERROR: <input>:1:3: Syntax error: no viable alternative at input '..'\n | a..b\n | ..^"],
  ["../x", "ERROR: <input>:1:2: Syntax error: no viable alternative at input '..'\n | ../x\n | .^"],
  ["a b", "ERROR: <input>:1:3: Syntax error: extraneous input 'b' expecting <EOF>\n | a b\n | ..^"],
  ["a\n + @", "ERROR: <input>:2:4: Syntax error: token recognition error at: '@'\n |  + @\n | ...^"],
  ["for", "ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^"],
  ["9223372036854775808", "ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^"],
  ["18446744073709551616u", "ERROR: <input>:1:1: invalid uint literal\n | 18446744073709551616u\n | ^"],
  ["has(a)", "ERROR: <input>:1:5: invalid argument to has() macro\n | has(a)\n | ....^"],
  ["l.all(1, true)", "ERROR: <input>:1:7: argument must be a simple name\n | l.all(1, true)\n | ......^"],
];

for (const [source, message] of refused) {
  test(`Refuses ${JSON.stringify(source)}`, (t) => {
    t.throws(() => parseExpression(source), { instanceOf: CompileError, message });
  });
}

test("Endless and deeply nested expressions are refused, not walked", (t) => {
  for (const source of ["(".repeat(50_000), "[".repeat(90_000), "!(".repeat(40_000), "a?b:".repeat(20_000), `a${".b".repeat(40_000)}`, `a${"+a".repeat(40_000)}`, "a".repeat(100_001), `${"-".repeat(99_000)}`, "f(".repeat(30_000)]) {
    t.throws(() => parseExpression(source), { instanceOf: CompileError }, source.slice(0, 10));
  }
  t.notThrows(() => parseExpression(`a${" && a".repeat(15_000)}`));
  t.notThrows(() => parseExpression(`${"!".repeat(90_000)}a`));
});
