import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { certificateSigningRequest } from "./certificate-signing-request.ts";

const bases = {
  min: { spec: { request: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQ1hUQ0NBVVVDQVFBd0dERUtNQWdHQTFVRUF3d0JlREVLTUFnR0ExVUVDZ3dCZVRDQ0FTSXdEUVlKS29aSQpodmNOQVFFQkJRQURnZ0VQQURDQ0FRb0NnZ0VCQUtodjJHSVlESGZYYWt4TThlRzBYSGMwMms5WnFvdnFsdkxTCmFLTEJTSnMxbjJ3ZmI0L01yYXdOZ3NNQnBDUzRLZEI3SzJsRXM4czFyc2hXcHROaWkzaEFPNmNQSjFVM3ROYW8KazRicEJOY3dycGIvZzRNeWxjSkUraXhPTGc1NmxuZVhudWlEWDFNY3NOOWJsSzBCM1BFSEQycTAvd0VkNk1tbAptLzBSNS9CR3orR1hOZWdBMEpmdlN5NDlRZHpnR2JWei8rREFnYURtRC8va0xwUWNMbk1wa3IycVVoTVVLcERYCjllYjR2MEFRdFlyNGJyODFoS2swZHBQTTg0UTVmRTUwVFhIRXdndjlDcjI5WFFLVklwaStrOWRLVGFsNStIWmIKNW5DSnZFeHJLR1AxUjhjM2NBN3hPa3NRbURFcFNqVkVaY1VkaFBuTklEKzJYYUszemdzQ0F3RUFBYUFBTUEwRwpDU3FHU0liM0RRRUJDd1VBQTRJQkFRQ2F5MmxvNEswRGgyenM0SjNQMEh0d3JxT2FROU5WL1pNN0pJdlJwVkE3Cmkwb3ZxeW9zK1ovdWcrQ2hFeDR0eExscGdkTmZXN2puRVBia3M5R0FTNVd0YUppUGhTSmhnNStQWDRJNzBoWlQKYWdOQ1ZxNmlQQlk4cnRCc0hzSWRBOG1LQkhKenZHS3V6VGFaZjhKWjFNamdSZnVId2lqaU1DMHAyMG16MkdpTQpCeWw2R0VLcXJ1NG1zbGtZSXBNQmN0b1dEcTd3dkVRTno0MjhNL1FvdjVhNzFLUWpkUkordlptcmVUWFZYT1NDCkNhUTBxQ2JkRTJhS2FVUC8zeVVkOG9pYllRSmtjb0k4TmRkcTUwUm0xb0xyQWJCYi9WWGI2R3NVZ0hDb3p3VGIKTFNqS2M2Y0lkWUVlek44dmdsd25keXk3N3g0VFFERjZwcUtSNEZ0Zyt1amQKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==", signerName: "example.com/s", usages: ["client auth"] } },
};

ruleTests(certificateSigningRequest, bases, [
  ["min", { "spec.request": "AAAA" }, "spec.request: Invalid value: \"AAAA\": PEM block type must be CERTIFICATE REQUEST"],
  ["min", { "spec.signerName": "kubernetes.io/legacy-unknown" }, "spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": the legacy signerName is not allowed via this API version"],
  ["min", { "spec.usages[+]": "client auth" }, "spec.usages[1]: Duplicate value: \"client auth\""],
  ["min", { "metadata": { name: "../x" } }, "metadata.name: Invalid value: \"../x\": may not contain '/'"],
  ["min", { "spec.signerName": "../x" }, `spec.signerName: Invalid value: "..": validating label "": ${DNS_LABEL}`],
  ["min", { "spec": undefined }, "spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST", "spec.usages: Required value", "spec.signerName: Required value"],
  ["min", { "spec.signerName": undefined }, "spec.signerName: Required value"],
  ["min", { "spec.usages": undefined }, "spec.usages: Required value"],
  ["min", { "spec.usages[0]": "any thing" }, "spec.usages[0]: Unsupported value: \"any thing\": supported values: \"any\", \"cert sign\", \"client auth\", \"code signing\", \"content commitment\", \"crl sign\", \"data encipherment\", \"decipher only\", \"digital signature\", \"email protection\", \"encipher only\", \"ipsec end system\", \"ipsec tunnel\", \"ipsec user\", \"key agreement\", \"key encipherment\", \"microsoft sgc\", \"netscape sgc\", \"ocsp signing\", \"s/mime\", \"server auth\", \"signing\", \"timestamping\""],
  ["min", { "spec.expirationSeconds": 599 }, "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)"],
  ["min", { "spec.signerName": "example" }, "spec.signerName: Invalid value: \"example\": must be a fully qualified domain and path of the form 'example.com/signer-name'"],
  ["min", { "spec.signerName": "example/a" }, "spec.signerName: Invalid value: \"example\": should be a domain with at least two segments separated by dots"],
  ["min", { "spec.signerName": "example.com/A" }, `spec.signerName: Invalid value: "A": validating label "A": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.signerName": "example.com/a/b" }, "spec.signerName: Invalid value: \"example.com/a/b\": must be a fully qualified domain and path of the form 'example.com/signer-name'"],
  ["min", { "spec.signerName": `${long(254)}.com/b` }, "spec.signerName: Too long: may not be more than 253 bytes", `spec.signerName: Invalid value: "${long(254)}.com": validating label "${long(254)}": must be no more than 63 characters`],
  ["min", { "spec.request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=" }, "spec.request: Invalid value: \"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=\": PEM block type must be CERTIFICATE REQUEST"],
  ["min", { "spec.request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KQUFBQQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K" }, "spec.request: Invalid value: \"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KQUFBQQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K\": x509: malformed certificate request"],
]);

updateTests(certificateSigningRequest, bases, [
  ["min", { "status": { conditions: [{ type: "Approved", status: "True" }, { type: "Denied", status: "True" }] } }, "status.conditions: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive"],
  ["min", { "status": { conditions: [{ type: "Approved", status: "False" }] } }, "status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\""],
  ["min", { "status.conditions[0]": { type: "Approved", status: "True" } }],
], { subresource: "approval" });

updateTests(certificateSigningRequest, bases, [
  ["min", { "status": { certificate: "AAAA" } }, "status.certificate: Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block"],
  ["min", { "status.conditions[0]": { type: "Approved", status: "True" } }, "status.conditions: Forbidden: updates may not add a condition of type \"Approved\""],
  ["min", { "status.conditions[0]": { type: "Denied", status: "True" } }, "status.conditions: Forbidden: updates may not add a condition of type \"Denied\""],
  ["min", { "status.conditions[0]": { type: "Failed", status: "False" } }, "status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\""],
  ["min", { "status.conditions[0]": { type: "Other", status: "Yes" } }, "status.conditions[0].status: Unsupported value: \"Yes\": supported values: \"False\", \"True\", \"Unknown\""],
  ["min", { "status.conditions[0]": { status: "True" } }, "status.conditions[0].type: Required value"],
  ["min", { "status.conditions[0]": { type: "Other" } }, "status.conditions[0].status: Required value"],
  ["min", { "status.conditions": [{ type: "A", status: "True" }, { type: "A", status: "True" }] }, "status.conditions[1].type: Duplicate value: \"A\""],
  ["min", { "status.certificate": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KQUFBQQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K" }, "status.certificate: Invalid value: \"<certificate data>\": only CERTIFICATE PEM blocks are allowed, found \"CERTIFICATE REQUEST\""],
], { subresource: "status" });
