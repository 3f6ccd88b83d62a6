import test from "ava";
import protobuf from "protobufjs";
import { decode, encode } from "./codec.ts";
import { enums, messages } from "./vocabulary.ts";

// protobufjs as the independent implementation: our tables as its reflection.
const root = protobuf.Root.fromJSON({
  nested: {
    ...Object.fromEntries(Object.entries(enums).map(([name, values]) => [name, { values }])),
    ...Object.fromEntries(
      Object.entries(messages).map(([name, table]) => [
        name,
        {
          fields: Object.fromEntries(
            Object.entries(table as Record<string, readonly [number, string, "repeated"?]>).map(([field, [id, type, rule]]) => [
              field,
              type === "map" ? { keyType: "string", type: "string", id } : { id, type, ...(rule === undefined ? {} : { rule }) },
            ]),
          ),
        },
      ]),
    ),
  },
});
const theirs = (name: string) => root.lookupType(name);

const status = {
  id: "c1",
  metadata: { name: "app", attempt: 3 },
  state: "CONTAINER_EXITED",
  createdAt: 1_767_225_600_000_000_000,
  exitCode: -1,
  image: { image: "docker.io/library/ä:1", annotations: { a: "1", "": "empty" } },
  labels: { "io.kubernetes.pod.name": "p" },
  mounts: [{ containerPath: "/x", readonly: true, propagation: "PROPAGATION_BIDIRECTIONAL", uidMappings: [{ hostId: 4294967295, length: 1 }] }],
  resources: { linux: { cpuShares: 2, memorySwapLimitInBytes: -1, oomScoreAdj: -997, hugepageLimits: [{ pageSize: "2MB", limit: 2 ** 53 }] } },
  user: { linux: { uid: 0, supplementalGroups: [1, 2, 300] } },
} as const;

test("bytes are those of protobufjs", (t) => {
  const ours = encode("ContainerStatus", status);
  const object = theirs("ContainerStatus").fromObject(status);
  t.deepEqual(Buffer.from(theirs("ContainerStatus").encode(object).finish()), Buffer.from(ours));
});

test("decodes what protobufjs encodes, with zero values for what is absent", (t) => {
  const bytes = theirs("ContainerStatus").encode(theirs("ContainerStatus").fromObject(status)).finish();
  const got = decode("ContainerStatus", bytes);
  t.is(got.exitCode, -1);
  t.is(got.createdAt, status.createdAt);
  t.is(got.state, "CONTAINER_EXITED");
  t.is(got.message, "");
  t.deepEqual(got.annotations, Object.create(null));
  t.is(got.resources?.linux?.memorySwapLimitInBytes, -1);
  t.is(got.resources?.linux?.hugepageLimits[0]?.limit, 2 ** 53);
  t.deepEqual(got.user?.linux?.supplementalGroups, [1, 2, 300]);
  t.is(got.mounts[0]?.propagation, "PROPAGATION_BIDIRECTIONAL");
  t.is(got.mounts[0]?.image, undefined);
});

test("every message survives a round trip when empty, and unknown fields are skipped", (t) => {
  for (const name of Object.keys(messages) as (keyof typeof messages)[]) t.is(encode(name, decode(name, new Uint8Array(0)) as never).length, 0, name);
  const unknown = Buffer.concat([encode("Mount", { hostPath: "/h" }), Buffer.from([0xf8, 0x07, 0x01, 0xfa, 0x07, 0x02, 1, 2])]);
  t.is(decode("Mount", unknown).hostPath, "/h");
});

test("a map key __proto__ stays a key", (t) => {
  const bytes = Buffer.concat([Buffer.from([0x12, 16, 0x0a, 9]), Buffer.from("__proto__"), Buffer.from([0x12, 3]), Buffer.from("bad")]);
  const got = decode("ImageSpec", bytes);
  t.is(Object.getPrototypeOf(got.annotations), null);
  t.deepEqual(Object.entries(got.annotations), [["__proto__", "bad"]]);
});

test("truncated and malformed bytes throw, never hang", (t) => {
  const bytes = encode("ContainerStatus", status);
  for (let cut = 1; cut < bytes.length; cut++) {
    try {
      decode("ContainerStatus", bytes.subarray(0, cut));
    } catch (error) {
      t.true(error instanceof RangeError);
    }
  }
  t.throws(() => decode("Mount", Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])), { instanceOf: RangeError });
  t.throws(() => decode("Mount", Buffer.alloc(12, 0xff)), { instanceOf: RangeError });
});

test("doubles and unpacked lists", (t) => {
  const psi = decode("PsiData", encode("PsiData", { total: 7, avg10: 0.25 }));
  t.deepEqual({ ...psi }, { total: 7, avg10: 0.25, avg60: 0, avg300: 0 });
  t.deepEqual(decode("LinuxContainerUser", Buffer.from([0x18, 1, 0x18, 2])).supplementalGroups, [1, 2]);
});
