import test from "ava";
import { parsePlace } from "./cp.ts";

test("places are paths here, or a pod's", (t) => {
  t.deepEqual(parsePlace("./a:b"), { type: "local", path: "./a:b" });
  t.deepEqual(parsePlace("file"), { type: "local", path: "file" });
  t.deepEqual(parsePlace("/x:y"), { type: "local", path: "/x:y" });
  t.deepEqual(parsePlace("p:/tmp/a:b"), { type: "pod", namespace: undefined, pod: "p", path: "/tmp/a:b" });
  t.deepEqual(parsePlace("ns/p:rel"), { type: "pod", namespace: "ns", pod: "p", path: "rel" });
  for (const wrong of ["p:", "a/b/c:x", ":x"]) t.throws(() => parsePlace(wrong), { message: /write \[NAMESPACE\/\]POD:PATH|path in the container is missing/ }, wrong);
});
