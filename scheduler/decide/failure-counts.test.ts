import test from "ava";
import fc from "fast-check";
import { FailureCounts } from "./failure-counts.ts";

test("the counts are those of asking every node anew, whatever changes between looks", (t) => {
  const change = fc.record({ node: fc.nat({ max: 9 }), reasons: fc.option(fc.subarray(["a", "b"])), look: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const counts = new FailureCounts(10);
      const reasons = new Map<number, readonly string[] | null>();
      for (const { node, reasons: why, look } of changes) {
        reasons.set(node, why);
        counts.change(node);
        if (!look) continue;
        const failing = counts.all((one) => (reasons.get(one) == null ? undefined : { filter: "f", reasons: reasons.get(one)! }));
        const fast = failing.filter(({ nodes }) => nodes > 0).map((one) => `${one.reasons} ${one.nodes}`).sort();
        const naive = new Map<string, number>();
        for (const one of reasons.values()) if (one !== null) naive.set(String(one), (naive.get(String(one)) ?? 0) + 1);
        t.deepEqual(fast, [...naive].map(([text, nodes]) => `${text} ${nodes}`).sort());
      }
    }),
  );
});
