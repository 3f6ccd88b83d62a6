import test from "ava";
import { parseObject } from "../fieldmanager/parse-object.ts";
import { decodeJson } from "./json.ts";
import { parseJson } from "./parse-json.ts";

const CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap";

/** Two texts, the second of which JSON.parse alone reads with the name of the first; `own` keeps a test's objects apart from others'. */
function pair(own: string): { poison: string; text: string; name: string } {
  const text = (name: string) => `{"apiVersion":"a.dev/v1","kind":"A","metadata":{"annotations":{"${own}":"1","${name}":"2"},"name":"a"},"${own}":{"${own}":1,"${name}":2}}`;
  return { poison: text("f:\\\\"), text: text("f:\\u2028"), name: "f:\u2028" };
}

function names(object: unknown, own: string): { free: string[]; annotations: string[] } {
  const { metadata, [own]: free } = object as { metadata: { annotations: object }; [own: string]: object };
  return { free: Object.keys(free ?? {}), annotations: Object.keys(metadata.annotations) };
}

test("a name with an escape is itself, whatever names with a backslash were read before", (t) => {
  const ways: Record<string, (text: string) => unknown> = {
    parsed: parseJson,
    stored: parseObject,
    custom: (text) => decodeJson(undefined, text, "Strict").object,
  };
  for (const [own, read] of Object.entries(ways)) {
    const { poison, text, name } = pair(own);
    t.deepEqual(names(read(poison), own), { free: [own, "f:\\"], annotations: [own, "f:\\"] }, own);
    for (let i = 0; i < 3; i++) {
      t.deepEqual(names(read(text), own), { free: [own, name], annotations: [own, name] }, own);
      t.deepEqual(names(read(poison), own), { free: [own, "f:\\"], annotations: [own, "f:\\"] }, own);
    }
  }
});

test("free maps of typed objects have the names of the text", (t) => {
  const text = (name: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","annotations":{"typed":"1","${name}":"2"}}}`;
  for (const [written, name] of [["f:\\\\", "f:\\"], ["f:\\u2028", "f:\u2028"], ["f:\\\\", "f:\\"], ["f:\\n", "f:\n"]] as const) {
    t.deepEqual(Object.keys(decodeJson(CONFIG_MAP, text(written), "Strict").object.metadata.annotations ?? {}), ["typed", name]);
  }
});

test("one that JSON.parse misreads cannot be lost in a list, or in the names of managed fields", (t) => {
  parseJson('{"listed":[{"zy":1,"k:{\\\\\\"a\\\\\\":":1}]}');
  t.deepEqual(parseJson('{"listed":[{"zy":1,"k:{\\"a\\":1}":1}]}'), { listed: [{ zy: 1, 'k:{"a":1}': 1 }] });
});
