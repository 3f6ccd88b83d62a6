import { parseFieldSelector } from "../../../api/selector/fields.ts";
import type { PolicyRule } from "../../../api/wire.ts";
import { type AccessRequest, ALLOW, type Authorizer, type Decision, NO_OPINION } from "../authorizer.ts";
import { ruleAllows } from "../rbac/rule-matching.ts";
import type { NodeGraph } from "./node-graph.ts";
import { NODE_LEASE_NAMESPACE, nodeOf } from "./node-identity.ts";

const READ = new Set(["get", "list", "watch"]);

/** Restricts each node's agent to its own Node, the pods bound to it and what those refer to. */
export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph;
  readonly #rules: readonly PolicyRule[];
  readonly #fresh: () => Promise<unknown>;

  /** `rules`: what any node may do apart from what is restricted to its own objects. `fresh` brings the graph up to date. */
  constructor(graph: NodeGraph, rules: readonly PolicyRule[], fresh: () => Promise<unknown>) {
    this.#graph = graph;
    this.#rules = rules;
    this.#fresh = fresh;
  }

  authorize(request: AccessRequest): Decision | Promise<Decision> {
    const node = nodeOf(request.user);
    if (node === undefined) return NO_OPINION;
    if (node === "") return refuse(`unknown node for user ${JSON.stringify(request.user.name)}`);
    if (!request.resourceRequest) return this.#byRules(request);
    switch (`${request.resource}.${request.group}`) {
      case "secrets.":
        return this.#readReferred(node, request, "secret");
      case "configmaps.":
        return this.#readReferred(node, request, "configmap");
      case "persistentvolumeclaims.":
        return this.#readReferred(node, request, "pvc");
      case "serviceaccounts.":
        return request.subresource === "token" ? this.#token(node, request) : this.#byRules(request);
      case "nodes.":
        return this.#node(node, request);
      case "pods.":
        return this.#pod(node, request);
      case "leases.coordination.k8s.io":
        return this.#lease(node, request);
      default:
        return this.#byRules(request);
    }
  }

  #byRules(request: AccessRequest): Decision {
    return this.#rules.some((rule) => ruleAllows(rule, request)) ? ALLOW : NO_OPINION;
  }

  #readReferred(node: string, request: AccessRequest, type: string): Decision | Promise<Decision> {
    if (!READ.has(request.verb)) return refuse("can only read resources of this type");
    if (request.subresource !== "") return refuse("cannot read subresource");
    if (request.name === "") return refuse("No Object name found");
    if (request.namespace === "") return refuse("can only read namespaced object of this type");
    return this.#related(node, () => this.#graph.refers(node, request.namespace, `${type}/${request.name}`));
  }

  #token(node: string, request: AccessRequest): Decision | Promise<Decision> {
    if (request.verb !== "create" || request.name === "") return refuse("can only create tokens for individual service accounts");
    return this.#related(node, () => this.#graph.refers(node, request.namespace, `serviceaccount/${request.name}`));
  }

  /** What is not known to be related may only be so new that this server has not heard of it. */
  #related(node: string, related: () => boolean): Decision | Promise<Decision> {
    if (related()) return ALLOW;
    return this.#fresh().then(() => (related() ? ALLOW : refuse(`no relationship found between node '${node}' and this object`)));
  }

  #node(node: string, request: AccessRequest): Decision {
    const { verb, name, subresource } = request;
    if (subresource !== "" && subresource !== "status") return this.#byRules(request);
    if (READ.has(verb)) {
      if (name === node) return ALLOW;
      return refuse(name === "" ? `node '${node}' cannot read all nodes, only its own Node object` : `node '${node}' cannot read '${name}', only its own Node object`);
    }
    if (verb === "create" || verb === "update" || verb === "patch") {
      // What it writes into its Node is NodeRestriction's matter.
      return name === "" || name === node ? this.#byRules(request) : refuse(`node '${node}' cannot ${verb} '${name}', only its own Node object`);
    }
    return NO_OPINION;
  }

  #pod(node: string, request: AccessRequest): Decision | Promise<Decision> {
    const { verb, name, subresource, namespace } = request;
    if (subresource === "" && (verb === "create" || verb === "delete")) return this.#byRules(request);
    if (subresource === "" && (verb === "list" || verb === "watch")) {
      return selectsNode(request.fieldSelector, node) ? ALLOW : refuse("can only list/watch pods with spec.nodeName field selector");
    }
    const onlyOwn = (subresource === "" && verb === "get") || (subresource === "status" && (verb === "update" || verb === "patch")) || (subresource === "eviction" && verb === "create");
    if (!onlyOwn || name === "") return NO_OPINION;
    return this.#related(node, () => this.#graph.isOn(node, namespace, name));
  }

  #lease(node: string, request: AccessRequest): Decision {
    const { verb, namespace, name } = request;
    if (!["get", "create", "update", "patch", "delete"].includes(verb)) return refuse("can only get, create, update, patch, or delete a node lease");
    if (namespace !== NODE_LEASE_NAMESPACE) return refuse(`can only access leases in the ${JSON.stringify(NODE_LEASE_NAMESPACE)} system namespace`);
    if (name !== node && (name !== "" || verb !== "create")) return refuse("can only access node lease with the same name as the requesting node");
    return ALLOW;
  }
}

function refuse(reason: string): Decision {
  return { verdict: "no-opinion", reason };
}

function selectsNode(selector: string | undefined, node: string): boolean {
  if (selector === undefined) return false;
  try {
    return parseFieldSelector(selector).exact("spec.nodeName") === node;
  } catch {
    return false;
  }
}
