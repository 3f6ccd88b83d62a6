import { join } from "node:path";
import test from "ava";
import { LoopbackServer } from "../harness/loopback-server.ts";
import { runOk } from "../harness/run.ts";

/** A server with its controllers on loopback, and what an operator's user does with the real kubectl: define, make, look, explain, change, scale, delete. */
const server = new LoopbackServer();

test.before(() => server.start());
test.after.always(() => server.stop());

const ok = (...words: string[]) => server.ok(...words);
const refused = (...words: string[]) => server.refused(...words);
const file = (name: string, text: string, mode?: number) => server.file(name, text, mode);

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: backups.storage.example.com}
spec:
  group: storage.example.com
  scope: Namespaced
  names: {plural: backups, singular: backup, kind: Backup, listKind: BackupList, shortNames: [bk], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.copies, statusReplicasPath: .status.copies, labelSelectorPath: .status.selector}
    selectableFields: [{jsonPath: .spec.volume}]
    additionalPrinterColumns:
    - {name: Volume, type: string, jsonPath: .spec.volume}
    - {name: Copies, type: integer, jsonPath: .spec.copies}
    schema:
      openAPIV3Schema:
        type: object
        description: Copies of a volume.
        required: [spec]
        properties:
          spec:
            type: object
            required: [volume]
            x-kubernetes-validations: [{rule: "self.copies <= 5 || self.volume.startsWith('big-')", message: only big volumes have more than five copies}]
            properties:
              volume: {type: string, minLength: 1, description: Which volume is copied.}
              copies: {type: integer, minimum: 0, default: 2}
              hooks:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, command: {type: array, items: {type: string}}}}
          status: {type: object, properties: {copies: {type: integer}, selector: {type: string}}}
`;
const backup = (name: string, spec: string) => file(`${name}.yaml`, `apiVersion: storage.example.com/v1\nkind: Backup\nmetadata: {name: ${name}}\nspec: ${spec}\n`);

test.serial("define, make, look at and explain", async (t) => {
  await ok("apply", "-f", file("definition.yaml", DEFINITION));
  await ok("wait", "--for=condition=Established", "crd/backups.storage.example.com", "--timeout=10s");
  t.regex(await ok("apply", "-f", backup("home", "{volume: home}")), /backup\.storage\.example\.com\/home created/);
  t.regex(await ok("get", "bk"), /^NAME +VOLUME +COPIES\nhome +home +2\n$/);
  t.regex(await ok("get", "all"), /backup\.storage\.example\.com\/home/);
  t.regex(await ok("api-resources", "--api-group=storage.example.com"), /backups +bk +storage\.example\.com\/v1 +true +Backup/);
  t.regex(await ok("explain", "backup.spec", "--recursive"), /Copies of a volume|copies\s+<integer>[\s\S]*hooks\s+<\[\]Object>[\s\S]*command\s+<\[\]string>/);
  t.regex(await ok("explain", "backup.spec.volume"), /Which volume is copied/);
  t.is(await ok("get", "bk", "--field-selector", "spec.volume=other", "-o", "name"), "");
  t.is(await ok("get", "bk", "--field-selector", "spec.volume=home", "-o", "name"), "backup.storage.example.com/home\n");
});

test.serial("what the schema does not allow is refused with its words", async (t) => {
  t.regex(await refused("apply", "-f", backup("wrong", "{volume: home, copys: 2}")), /unknown field "spec\.copys"/);
  t.regex(await refused("apply", "-f", backup("many", "{volume: home, copies: 6}")), /only big volumes have more than five copies/);
  t.regex(await refused("apply", "-f", backup("none", "{copies: 1}")), /spec\.volume: Required value/);
  await ok("apply", "-f", backup("big", "{volume: big-one, copies: 6}"));
});

test.serial("change: edit, patch, apply by two managers, scale", async (t) => {
  const editor = file("editor.sh", `#!/bin/sh\nsed -i 's/copies: 2/copies: 3/' "$1"\n`, 0o755);
  await runOk(undefined, ["env", `KUBE_EDITOR=${editor}`, ...server.kubectl, "edit", "backup", "home"]);
  const copies = () => ok("get", "bk", "home", "-o", "jsonpath={.spec.copies}");
  t.is(await copies(), "3");
  await ok("patch", "bk", "home", "--type=merge", "-p", '{"spec":{"copies":4}}');
  await ok("patch", "bk", "home", "--type=json", "-p", '[{"op":"test","path":"/spec/copies","value":4},{"op":"replace","path":"/spec/copies","value":5}]');
  t.is(await copies(), "5");
  t.regex(await refused("patch", "bk", "home", "--type=strategic", "-p", '{"spec":{"copies":1}}'), /UnsupportedMediaType|strategic/);
  await ok("scale", "bk/home", "--replicas=1");
  t.is(await copies(), "1");
  await ok("apply", "--server-side", "--field-manager=a", "-f", backup("apart", "{volume: x, hooks: [{name: one, command: [a]}]}"));
  await ok("apply", "--server-side", "--field-manager=b", "-f", backup("apart", "{volume: x, hooks: [{name: two, command: [b]}]}"));
  t.is(await ok("get", "bk", "apart", "-o", "jsonpath={.spec.hooks[*].name}"), "one two");
  t.regex(await refused("apply", "--server-side", "--field-manager=b", "-f", backup("apart", "{volume: x, hooks: [{name: one, command: [c]}]}")), /conflict with "a"/);
});

test.serial("a definition goes with its objects, and its kind with it", async (t) => {
  await ok("delete", "crd", "backups.storage.example.com", "--timeout=20s");
  t.regex(await refused("get", "backups.storage.example.com"), /doesn't have a resource type|could not find the requested resource/);
  await ok("apply", "-f", join(server.dir, "definition.yaml"));
  await ok("wait", "--for=condition=Established", "crd/backups.storage.example.com", "--timeout=10s");
  t.is(await ok("get", "bk", "-o", "name"), "");
});
