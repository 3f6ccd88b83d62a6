import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DecodeError } from "../api/codec/decode-error.ts";
import { decodeJson, encodeObject, indentJson } from "../api/codec/json.ts";
import { decodeProtobuf, encodeProtobuf } from "../api/codec/protobuf.ts";
import { definitionOfKind } from "../api/schema/schema.ts";

/**
 * Holds the codecs against pairs of one object in JSON (`NAME.json`) and in Kubernetes' protobuf (`NAME.pb`, with its `k8s\0` envelope): each must give
 * the other byte for byte. `NAME.from-pb.json` is what protobuf gives where that is not NAME.json: it does not tell an empty list from none.
 */
const USAGE = `usage: make verify-wire FIXTURES=DIR
  DIR holds pairs NAME.json and NAME.pb: an object in JSON (compact or indented) and in Kubernetes' protobuf with its envelope.
  NAME.from-pb.json, where it lies beside them, is what NAME.pb gives in place of NAME.json.`;

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

/** Where two byte strings part, for people. */
function firstDifference(actual: Uint8Array, wanted: Uint8Array, asText: boolean): string {
  let at = 0;
  while (at < actual.length && at < wanted.length && actual[at] === wanted[at]) at++;
  const show = (bytes: Uint8Array) => {
    const part = Buffer.from(bytes.subarray(Math.max(0, at - 20), at + 30));
    return asText ? JSON.stringify(part.toString()) : part.toString("hex");
  };
  return `${actual.length} bytes in place of ${wanted.length}; from byte ${at}: ${show(actual)} in place of ${show(wanted)}`;
}

function definitionName(kind: { group: string; version: string; kind: string }): string | undefined {
  return definitionOfKind(kind.group, kind.version, kind.kind)?.name;
}

/** The kind that the JSON text names. @throws DecodeError when it is none that we know */
function definitionOf(text: string): string {
  const { apiVersion = "", kind = "" } = JSON.parse(text) as { apiVersion?: string; kind?: string };
  const slash = apiVersion.indexOf("/");
  const found = definitionName({ group: slash < 0 ? "" : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind });
  if (found === undefined) throw new DecodeError(`no kind ${kind} of ${apiVersion} is known`);
  return found;
}

/** The compact text in the form of `like`: indented when that is, with a newline at the end when that has one. */
function inFormOf(like: string, compact: string): string {
  const indented = like.includes("\n  ") ? indentJson(compact) : compact;
  return like.endsWith("\n") ? `${indented}\n` : indented;
}

/** What differs in one pair. */
function faultsOf(folder: string, name: string): string[] {
  const text = readFileSync(join(folder, `${name}.json`), "utf8");
  const message = readFileSync(join(folder, `${name}.pb`));
  const special = join(folder, `${name}.from-pb.json`);
  const wantedText = existsSync(special) ? readFileSync(special, "utf8") : text;
  const faults: string[] = [];
  const attempt = (direction: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      faults.push(`${direction}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  attempt("JSON → protobuf", () => {
    const definition = definitionOf(text);
    const encoded = encodeProtobuf(definition, decodeJson(definition, text, "Strict").object);
    if (!message.equals(encoded)) faults.push(`JSON → protobuf: ${firstDifference(encoded, message, false)}`);
  });
  attempt("protobuf → JSON", () => {
    const { kind, object } = decodeProtobuf(message, definitionName);
    const encoded = Buffer.from(inFormOf(wantedText, encodeObject(definitionName(kind), object)));
    const wanted = Buffer.from(wantedText);
    if (!wanted.equals(encoded)) faults.push(`protobuf → JSON: ${firstDifference(encoded, wanted, true)}`);
  });
  return faults;
}

const folder = process.argv[2];
if (folder === undefined || folder === "") fail(USAGE);
if (!existsSync(folder) || !statSync(folder).isDirectory()) fail(`${folder} is not a folder\n${USAGE}`);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".pb") && existsSync(join(folder, file.replace(/\.pb$/, ".json"))))
  .map((file) => file.slice(0, -".pb".length))
  .sort();
if (names.length === 0) fail(`${folder} holds no pair NAME.json and NAME.pb\n${USAGE}`);
let different = 0;
for (const name of names) {
  const faults = faultsOf(folder, name);
  if (faults.length > 0) different++;
  process.stdout.write(`${faults.length === 0 ? "alike" : "DIFFERENT"} ${name}\n${faults.map((fault) => `  ${fault}\n`).join("")}`);
}
process.stdout.write(`${names.length - different} of ${names.length} pairs alike\n`);
process.exit(different === 0 ? 0 : 1);
