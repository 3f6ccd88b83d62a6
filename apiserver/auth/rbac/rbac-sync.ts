import type { ApiObject, ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "../../../api/wire.ts";
import type { CachedObject } from "../../registry/cached-object.ts";
import type { KindTable } from "../../registry/served-kind.ts";
import type { WatchCache } from "../../registry/watch-cache.ts";
import type { RbacIndex } from "./rbac-index.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Keeps the index the same as the objects in the cache; call it once the cache is filled. */
export function followRbacObjects(index: RbacIndex, cache: WatchCache, kinds: KindTable): void {
  const follow = (plural: string, set: (object: ApiObject) => void, remove: (object: ApiObject) => void) => {
    const kind = kinds.byResource(GROUP, "v1", plural);
    if (kind === undefined) return;
    const objects = cache.of(kind);
    for (const object of objects.snapshot().range("", "")) set(object.copy());
    objects.listen({}, (event) => {
      if (event.current !== undefined) set(event.current.copy());
      else remove((event.previous as CachedObject).copy());
    });
  };
  for (const plural of ["roles", "clusterroles"]) {
    follow(
      plural,
      (object) => index.setRole(object as Role | ClusterRole),
      (object) => index.removeRole(object as Role | ClusterRole),
    );
  }
  for (const plural of ["rolebindings", "clusterrolebindings"]) {
    follow(
      plural,
      (object) => index.setBinding(object as RoleBinding | ClusterRoleBinding),
      (object) => index.removeBinding(object as RoleBinding | ClusterRoleBinding),
    );
  }
}
