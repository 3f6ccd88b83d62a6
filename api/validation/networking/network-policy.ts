import { forbidden, invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { NetworkPolicy } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { cidrContains, parseCidr, validateLegacyCidr } from "../ip.ts";
import { validateLabelSelector } from "../labels.ts";
import { nameIsDnsSubdomain, portName, portNumber } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";

type Spec = NonNullable<NetworkPolicy["spec"]>;
type Ports = NonNullable<NonNullable<Spec["ingress"]>[number]["ports"]>;
type Peer = NonNullable<NonNullable<Spec["ingress"]>[number]["from"]>[number];

const SPEC = fieldPath("spec");
const protocols = ["TCP", "UDP", "SCTP"];
const policyTypes = ["Ingress", "Egress"];

export function validateNetworkPolicy(policy: NetworkPolicy): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(policy.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(policy.spec ?? ({} as Spec), [], errors);
  return errors;
}

export function validateNetworkPolicyUpdate(policy: NetworkPolicy, old: NetworkPolicy): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(policy.metadata, old.metadata, errors);
  validateSpec(policy.spec ?? ({} as Spec), peersOf(old.spec).flatMap((peer) => [peer.ipBlock?.cidr ?? "", ...(peer.ipBlock?.except ?? [])]), errors);
  return errors;
}

/** All peers of a policy, both ways. */
export function peersOf(spec: Spec | undefined): Peer[] {
  return [...(spec?.ingress ?? []).flatMap((rule) => rule.from ?? []), ...(spec?.egress ?? []).flatMap((rule) => rule.to ?? [])];
}

/** `known` are networks that were there before: they may stay in a form that is no longer taken. */
function validateSpec(spec: Spec, known: readonly string[], errors: Errors): void {
  validateLabelSelector(spec.podSelector ?? {}, SPEC.child("podSelector"), errors);
  spec.ingress?.forEach((rule, i) => {
    validateRule(rule.ports, rule.from, "from", known, SPEC.child("ingress").index(i), errors);
  });
  spec.egress?.forEach((rule, i) => {
    validateRule(rule.ports, rule.to, "to", known, SPEC.child("egress").index(i), errors);
  });
  const types = spec.policyTypes ?? [];
  if (types.length > policyTypes.length) {
    errors.push(invalid(SPEC.child("policyTypes"), types, "may not specify more than two policyTypes"));
    return;
  }
  types.forEach((type, i) => {
    if (!policyTypes.includes(type)) errors.push(notSupportedInOrder(SPEC.child("policyTypes").index(i), type, policyTypes));
  });
}

function validateRule(ports: Ports | undefined, peers: readonly Peer[] | undefined, side: string, known: readonly string[], path: FieldPath, errors: Errors): void {
  ports?.forEach((port, i) => {
    validatePort(port, path.child("ports").index(i), errors);
  });
  peers?.forEach((peer, i) => {
    validatePeer(peer, known, path.child(side).index(i), errors);
  });
}

function validatePort({ protocol, port, endPort }: Ports[number], path: FieldPath, errors: Errors): void {
  if (protocol !== undefined && !protocols.includes(protocol)) errors.push(notSupportedInOrder(path.child("protocol"), protocol, protocols));
  const at = path.child("endPort");
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalid(at, endPort, "may not be specified when `port` is not specified"));
  } else if (typeof port === "number") {
    invalidEach(portNumber(port), port, path.child("port"), errors);
    if (endPort === undefined) return;
    if (endPort < port) errors.push(invalid(at, port, "must be greater than or equal to `port`"));
    invalidEach(portNumber(endPort), endPort, at, errors);
  } else {
    if (endPort !== undefined) errors.push(invalid(at, endPort, "may not be specified when `port` is non-numeric"));
    invalidEach(portName(port), port, path.child("port"), errors);
  }
}

function validatePeer(peer: Peer, known: readonly string[], path: FieldPath, errors: Errors): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(podSelector, path.child("podSelector"), errors);
  validateLabelSelector(namespaceSelector, path.child("namespaceSelector"), errors);
  if (ipBlock) validateIpBlock(ipBlock, known, path.child("ipBlock"), errors);
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(path, "must specify a peer"));
  else if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbidden(path, "may not specify both ipBlock and another peer"));
}

function validateIpBlock(block: NonNullable<Peer["ipBlock"]>, known: readonly string[], path: FieldPath, errors: Errors): void {
  if (!block.cidr) {
    errors.push(required(path.child("cidr")));
    return;
  }
  validateLegacyCidr(block.cidr, path.child("cidr"), errors, known);
  const outer = parseCidr(block.cidr);
  if (outer === undefined) return;
  block.except?.forEach((text, i) => {
    const at = path.child("except").index(i);
    const before = errors.length;
    const inner = validateLegacyCidr(text, at, errors, known);
    if (errors.length > before || inner === undefined) return;
    if (!cidrContains(outer, inner) || outer.prefixLength >= inner.prefixLength) errors.push(invalid(at, text, "must be a strict subset of `cidr`"));
  });
}
