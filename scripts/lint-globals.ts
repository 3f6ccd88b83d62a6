import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import ts from "typescript";

/**
 * Time, randomness and the process are constructor arguments: fails on Date.now, new Date() without arguments,
 * Math.random and bare timers outside lib/, and on process.env, process.argv and process.exit outside cli/.
 */
const MEASURES = /^(bench|e2e|scripts)\//;
const TESTING = /(\.test\.ts$|\/testing\/|\/conformance\/)/;
const TIMERS = new Set(["setTimeout", "setInterval"]);
const PROCESS = new Set(["env", "argv", "exit"]);

function violation(node: ts.Node, file: string): string | undefined {
  const clockFree = !file.startsWith("lib/") && !MEASURES.test(file);
  const processFree = !file.startsWith("cli/") && !MEASURES.test(file) && !TESTING.test(file);
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const name = `${node.expression.text}.${node.name.text}`;
    if (clockFree && (name === "Date.now" || name === "Math.random")) return `${name}: take a Clock or a Random`;
    if (processFree && node.expression.text === "process" && PROCESS.has(node.name.text)) return `${name}: only in cli/`;
  }
  if (clockFree && ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "Date" && (node.arguments?.length ?? 0) === 0)
    return "new Date(): take a Clock";
  if (clockFree && ts.isCallExpression(node) && ts.isIdentifier(node.expression) && TIMERS.has(node.expression.text)) return `${node.expression.text}: use Clock.after or Clock.sleep`;
  return undefined;
}

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], { encoding: "utf8" }).split("\n").filter(Boolean);
let found = 0;
for (const file of files) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    const message = violation(node, file);
    if (message !== undefined) {
      const { line, character } = source.getLineAndCharacterOfPosition(node.getStart());
      console.error(`${file}:${line + 1}:${character + 1} ${message}`);
      found++;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
if (found > 0) process.exitCode = 1;
