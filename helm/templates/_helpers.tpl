{{- define "segmentation.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "segmentation.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "segmentation.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "segmentation.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "segmentation.selector" -}}
app.kubernetes.io/name: {{ include "segmentation.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "segmentation.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "segmentation.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "segmentation.image" -}}
{{- $image := .Values.image -}}
{{- $image.repository }}:{{ default .Chart.AppVersion $image.tag }}{{ with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* The file that `stream --config` reads. */}}
{{- define "segmentation.config" -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) (dict "ops" (dict "port" .Values.ops.port))) -}}
{{- end -}}

{{/* The variable of a value of the config: kafka.auth.password → SEGMENTATION_KAFKA_AUTH_PASSWORD. */}}
{{- define "segmentation.variable" -}}
SEGMENTATION_{{ regexReplaceAll "([a-z0-9])([A-Z])" . "${1}_${2}" | replace "." "_" | upper }}
{{- end -}}

{{- define "segmentation.env" -}}
- name: NODE_OPTIONS
  value: --max-old-space-size-percentage={{ .Values.consumer.heapPct }}
{{- if not .Values.embedded.enabled }}
- name: SEGMENTATION_MEMBER
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- end }}
{{- range $name := keys .Values.fromSecrets | sortAlpha }}
- name: {{ include "segmentation.variable" $name }}{{ if not (hasSuffix "File" $name) }}_FILE{{ end }}
  value: /secrets/{{ $name }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "segmentation.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if not .Values.embedded.enabled }}
- { name: config, mountPath: /etc/segmentation, readOnly: true }
{{- end }}
{{- if .Values.fromSecrets }}
- { name: secrets, mountPath: /secrets, readOnly: true }
{{- end }}
{{- range $folder := keys .Values.files | sortAlpha }}
- { name: files-{{ $folder }}, mountPath: /files/{{ $folder }}, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "segmentation.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- if not .Values.embedded.enabled }}
- name: config
  configMap: { name: {{ include "segmentation.fullname" . }} }
{{- end }}
{{- if .Values.fromSecrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name := keys .Values.fromSecrets | sortAlpha }}
      {{- $from := get $.Values.fromSecrets $name }}
      - secret:
          name: {{ $from.secret }}
          items: [{ key: {{ $from.key | quote }}, path: {{ $name }} }]
      {{- end }}
{{- end }}
{{- range $folder := keys .Values.files | sortAlpha }}
- name: files-{{ $folder }}
  configMap: { name: {{ get $.Values.files $folder }} }
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What every pod of the chart has in common, beside its containers. */}}
{{- define "segmentation.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.consumer.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.consumer.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.consumer.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.consumer.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
volumes: {{- include "segmentation.volumes" . | nindent 2 }}
{{- end -}}

{{/* One container of the image. */}}
{{- define "segmentation.container" -}}
image: {{ include "segmentation.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
env: {{- include "segmentation.env" . | nindent 2 }}
{{- with .Values.extraEnvFrom }}
envFrom: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The container that streams: the same, with probes. An outage of a server fails none of them once the consumer has joined. */}}
{{- define "segmentation.consumer" -}}
{{ include "segmentation.container" . }}
ports: [{ name: ops, containerPort: {{ .Values.ops.port }} }]
startupProbe:
  httpGet: { path: /startupz, port: ops }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 120
livenessProbe:
  httpGet: { path: /livez, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 5
  timeoutSeconds: 5
resources: {{- toYaml .Values.consumer.resources | nindent 2 }}
{{- end -}}

{{- define "segmentation.podMetadata" -}}
labels:
  {{- include "segmentation.selector" . | nindent 2 }}
  app.kubernetes.io/component: consumer
  {{- with .Values.consumer.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # another config is another pod
  checksum/config: {{ include "segmentation.config" . | sha256sum }}
  {{- with .Values.consumer.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Ports of the servers that the config names, each once. */}}
{{- define "segmentation.serverPorts" -}}
{{- $ports := list -}}
{{- range concat (dig "kafka" "brokers" list .Values.config) (dig "redis" "nodes" list .Values.config) -}}
{{- $ports = append $ports (regexFind "[0-9]+$" .) -}}
{{- end -}}
{{- with dig "schemaRegistry" "url" "" .Values.config -}}
{{- $host := regexReplaceAll "^https?://([^/]*).*$" . "${1}" -}}
{{- $ports = append $ports (default (ternary "443" "80" (hasPrefix "https:" .)) (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host))) -}}
{{- end -}}
{{- $ports | uniq | join " " -}}
{{- end -}}
