import { NAMESPACE } from "./servers.ts";

/** A pod as people write it, about 1 KiB, as a Lua expression of `name`. */
export const POD_LUA = `'${JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "@@", labels: { app: "web", tier: "front", "pod-template-hash": "6d4cf56db6" }, annotations: { "example.com/owner": "team-a" } },
  spec: {
    containers: [
      {
        name: "web",
        image: "localhost/web:1",
        ports: [{ name: "http", containerPort: 8080 }],
        env: [{ name: "A", value: "b" }, { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5 },
        volumeMounts: [{ name: "config", mountPath: "/etc/web" }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: "web" } }],
  },
}).replace("@@", "' .. name .. '")}'`;

/** A ConfigMap that holds `bytes` of text, as a Lua expression of `name`. */
export const configMapLua = (bytes: number): string => `'{"metadata":{"name":"' .. name .. '"},"data":{"text":"' .. string.rep("x", ${bytes}) .. '"}}'`;

export const POD_PATH = `/api/v1/namespaces/${NAMESPACE}/pods`;
export const CONFIGMAP_PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
