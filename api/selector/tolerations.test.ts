import test from "ava";
import type { Taint } from "../wire.ts";
import { tolerates, untolerated } from "./tolerations.ts";

const taint: Taint = { key: "k", value: "v", effect: "NoExecute" };

test("how a toleration covers a taint: by effect, key, and value", (t) => {
  t.true(tolerates({ key: "k", operator: "Equal", value: "v" }, taint));
  t.true(tolerates({ key: "k", value: "v", effect: "NoExecute" }, taint));
  t.false(tolerates({ key: "k", value: "w" }, taint));
  t.false(tolerates({ key: "k", operator: "Exists", effect: "NoSchedule" }, taint));
  t.true(tolerates({ operator: "Exists" }, taint));
});

test("Lt and Gt compare integers", (t) => {
  t.true(tolerates({ key: "k", operator: "Lt", value: "10" }, { ...taint, value: "9" }));
  t.false(tolerates({ key: "k", operator: "Gt", value: "10" }, { ...taint, value: "9" }));
  t.false(tolerates({ key: "k", operator: "Gt", value: "10" }, { ...taint, value: "x" }));
  t.true(tolerates({ key: "k", operator: "Gt", value: "9007199254740992" }, { ...taint, value: "9007199254740993" }));
});

test("the first taint that nothing covers", (t) => {
  const other: Taint = { key: "o", effect: "NoSchedule" };
  t.is(untolerated([taint, other], [{ key: "k", operator: "Exists" }]), other);
  t.is(untolerated([taint, other], [{ operator: "Exists" }]), undefined);
});
