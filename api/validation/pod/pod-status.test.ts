import test from "ava";
import type { Container, ContainerStatus, Pod } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { validatePodStatusUpdate } from "./pod-status.ts";

function errorsOf(containers: readonly Partial<Container>[], restartPolicy: string, exitCode: number): string[] {
  const status = (state: ContainerStatus["state"]): Pod["status"] => ({
    containerStatuses: containers.map((_, index) => ({ name: `c${index}`, image: "i", imageID: "", ready: false, restartCount: 0, ...(index === 0 && state !== undefined ? { state } : {}) })),
  });
  const pod = { metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1" }, spec: { restartPolicy, containers: containers.map((extra, index) => ({ name: `c${index}`, image: "i", ...extra })) } };
  const old = { ...pod, status: status({ terminated: { exitCode } }) } as Pod;
  const now = { ...pod, status: status({ running: {} }) } as Pod;
  const errors: Errors = validatePodStatusUpdate(now, old);
  return errors.map((error) => `${error.field}: ${error.detail}`);
}

const REFUSED = ["status.containerStatuses[0].state: may not be transitioned to non-terminated state"];
const RULES: Partial<Container> = { restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }] };

test("a container that has ended stays ended unless a policy brings it back", (t) => {
  t.deepEqual(errorsOf([{}], "Never", 1), REFUSED);
  t.deepEqual(errorsOf([{}], "OnFailure", 0), REFUSED);
  t.deepEqual(errorsOf([{}], "OnFailure", 1), []);
  t.deepEqual(errorsOf([{}], "Always", 0), []);
  t.deepEqual(errorsOf([{ restartPolicy: "Never" }], "Always", 0), REFUSED);
});

test("where one container's end may restart all, any may begin anew", (t) => {
  t.deepEqual(errorsOf([{}, RULES], "Never", 0), []);
  t.deepEqual(errorsOf([{}, { ...RULES, restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }] }], "Never", 0), REFUSED);
});
