import test from "ava";
import fc from "fast-check";
import { DecodeError } from "./decode-error.ts";
import { encodeObject } from "./json.ts";
import { decodeMessage, decodeProtobuf, encodeEnvelope, encodeMessage, encodeProtobuf, encodeProtobufList, hasProtobuf, openEnvelope, watchFrame } from "./protobuf.ts";

const CORE = "io.k8s.api.core.v1.";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Written out by hand from the rules of the format. */
const messages: [string, string, unknown, string][] = [
  ["an empty ObjectMeta", `${META}ObjectMeta`, {}, "0a00" + "1200" + "1a00" + "2200" + "2a00" + "3200" + "3800" + "4200"],
  ["an empty ListMeta", `${META}ListMeta`, {}, "0a00" + "1200" + "1a00"],
  ["a map by UTF-8 bytes", `${CORE}LocalObjectReference`, { name: "é" }, "0a02c3a9"],
  ["map entries", `${META}LabelSelector`, { matchLabels: { "😀": "y", "\ue000": "x" } }, "0a08" + "0a03ee8080" + "120178" + "0a09" + "0a04f09f9880" + "120179"],
  ["a list, one tag an item", `${CORE}Capabilities`, { add: ["A", ""] }, "0a0141" + "0a00"],
  ["pointers only where set", `${CORE}EnvVarSource`, { fieldRef: {} }, "0a04" + "0a00" + "1200"],
  ["an inlined message", `${CORE}Volume`, { name: "v", emptyDir: {} }, "0a0176" + "1204" + "1202" + "0a00"],
  ["negative numbers take ten bytes", `${CORE}ContainerPort`, { containerPort: -1 }, "0a00" + "1000" + "18ffffffffffffffffff01" + "2200" + "2a00"],
  ["an int-or-string", `${CORE}TCPSocketAction`, { port: "http", host: "h" }, "0a0a" + "0801" + "1000" + "1a0468747470" + "120168"],
  ["a quantity", `${CORE}ResourceRequirements`, { limits: { cpu: "1" } }, "0a0a" + "0a03637075" + "1203" + "0a0131"],
  ["a zero time", `${META}Condition`, { type: "T", status: "S", reason: "", message: "" }, "0a0154" + "120153" + "1800" + "2200" + "2a00" + "3200"],
  ["a time", `${META}OwnerReference`, { kind: "K", name: "n", uid: "u", apiVersion: "v", controller: false }, "0a014b" + "1a016e" + "220175" + "2a0176" + "3000"],
];
for (const [name, definition, value, expected] of messages) test(`message: ${name}`, (t) => t.is(hex(encodeMessage(definition, value)), expected));

test("an object in its envelope", (t) => {
  const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" }, data: { k: "v" } };
  const bytes = encodeProtobuf(`${CORE}ConfigMap`, object);
  const meta = "0a0161" + "1200" + "1a00" + "2200" + "2a00" + "3200" + "3800" + "4200";
  const raw = `0a11${meta}1206${"0a016b"}${"120176"}`;
  t.is(hex(bytes), `6b387300${"0a0f"}${"0a027631"}${"1209436f6e6669674d6170"}${"121b"}${raw}${"1a00"}${"2200"}`);
  t.deepEqual(decodeProtobuf(bytes, () => `${CORE}ConfigMap`).object as unknown, object);
  const { message } = openEnvelope(bytes);
  t.is(hex(encodeEnvelope("v1", "ConfigMap", message)), hex(bytes));
});

test("a list from items that are messages already is the list of the objects", (t) => {
  const items = [
    { metadata: { name: "a" }, data: { k: "v" } },
    { metadata: { name: "b" }, immutable: true },
  ];
  const whole = encodeProtobuf(`${CORE}ConfigMapList`, { kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "5" }, items });
  const spliced = encodeProtobufList(
    "v1",
    "ConfigMapList",
    { resourceVersion: "5" },
    items.map((item) => encodeMessage(`${CORE}ConfigMap`, item)),
  );
  t.is(hex(spliced), hex(whole));
});

test("a watch frame has its length before it", (t) => {
  t.is(hex(watchFrame("ADDED", Buffer.from("xyz"))), "0000000e" + "0a054144444544" + "1205" + "0a03" + "78797a");
});

test("unknown fields are passed over, the last of a scalar wins, messages merge", (t) => {
  const bytes = Buffer.from("a20603787878" + "0a0161" + "0a0162" + "f80101" + "c50301020304" + "c1030102030405060708", "hex");
  t.deepEqual(decodeMessage(`${CORE}LocalObjectReference`, bytes), { name: "b" });
});

const broken: [string, string, string][] = [
  ["a length beyond the end", "0a05", "unexpected EOF"],
  ["half a varint", "0aff", "unexpected EOF"],
  ["a varint without end", "0affffffffffffffffffff01", "proto: integer overflow"],
  ["another wire type", "0801", "proto: wrong wireType = 0 for field name"],
  ["a group", "0b", "proto: wrong wireType = 3 for field name"],
  ["tag zero", "00", "proto: illegal tag 0 (wire type 0)"],
];
for (const [name, bytes, message] of broken) {
  test(`refused: ${name}`, (t) => {
    t.is(t.throws(() => decodeMessage(`${CORE}LocalObjectReference`, Buffer.from(bytes, "hex")), { instanceOf: DecodeError })?.message, message);
  });
}

test("messages in messages without end are refused", (t) => {
  const PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
  let bytes = Buffer.alloc(0);
  for (let i = 0; i < 3000; i++) {
    const length = bytes.length;
    // `not`, field 28.
    bytes = Buffer.concat([Buffer.from([0xe2, 0x01, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]), bytes]);
  }
  t.throws(() => decodeMessage(PROPS, bytes), { instanceOf: DecodeError, message: "exceeded max depth" });
});

test("an empty list comes back as none", (t) => {
  const role = { kind: "Role", apiVersion: "rbac.authorization.k8s.io/v1", metadata: {}, rules: [] };
  const back = decodeProtobuf(encodeProtobuf("io.k8s.api.rbac.v1.Role", role), () => "io.k8s.api.rbac.v1.Role").object;
  t.is(encodeObject("io.k8s.api.rbac.v1.Role", back), encodeObject("io.k8s.api.rbac.v1.Role", role, "asStored"));
});

test("a Table has no protobuf form", (t) => {
  t.false(hasProtobuf(`${META}Table`));
  t.true(hasProtobuf(`${CORE}Pod`));
});

test("property: any bytes are an object or a DecodeError", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeMessage(`${CORE}Pod`, bytes);
        t.pass();
      } catch (error) {
        t.true(error instanceof DecodeError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
