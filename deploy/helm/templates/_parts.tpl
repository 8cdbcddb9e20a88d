{{- /* What the pods of all parts have in common. */ -}}

{{- /* The entries of parts.yaml that this installation runs. */ -}}
{{- define "cwg.parts" -}}
{{- $parts := .Files.Get "parts.yaml" | fromYaml -}}
{{- if not .Values.portal.enabled -}}{{- $parts = pick $parts "witness" -}}{{- end -}}
{{- if not .Values.witness.enabled -}}{{- $parts = omit $parts "witness" -}}{{- end -}}
{{- toYaml $parts -}}
{{- end -}}

{{- define "cwg.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: cwg
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end -}}

{{- define "cwg.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "cwg.labels" . | nindent 2 }}
{{- end -}}

{{- define "cwg.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "cwg.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .group }}
fsGroup: {{ .group }}
fsGroupChangePolicy: OnRootMismatch  # not through all files at each start
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "cwg.resources" -}}
requests: {cpu: {{ .cpu }}, memory: {{ .memory }}, ephemeral-storage: {{ .disk }}}
limits: {memory: {{ .memoryLimit }}, ephemeral-storage: {{ .diskLimit }}{{ with .cpuLimit }}, cpu: {{ . | quote }}{{ end }}}
{{- end -}}

{{- /* A process of ours: its settings, secrets and mounts; with `works`, also where its files are. */ -}}
{{- define "cwg.container" -}}
image: {{ .root.Values.images.portal }}
{{- if .spec.settings }}
envFrom:
  - configMapRef: {name: cwg-{{ .part }}}
{{- end }}
env:
  - {name: CWG_SECRETS, value: /run/secrets/cwg}
securityContext:
  {{- include "cwg.confined" . | nindent 2 }}
volumeMounts:
  - {name: secrets, mountPath: /run/secrets/cwg, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  {{- if and .root.Values.database.authority (ne .part "witness") }}
  - {name: database-authority, mountPath: /run/database-ca.pem, subPath: database-ca.pem, readOnly: true}
  {{- end }}
  {{- if .works }}
  {{- if eq .root.Values.stores.kind "volumes" }}
  {{- range $store, $access := .spec.stores }}
  - {name: {{ $store }}, mountPath: /var/lib/cwg/{{ $store }}{{ if eq $access "read" }}, readOnly: true{{ end }}}
  {{- end }}
  {{- end }}
  {{- if .spec.backups }}
  - {name: backups, mountPath: /var/lib/cwg/backups}
  {{- end }}
  {{- if has "files" .spec.settings }}
  - {name: file-socket, mountPath: /run/cwg-files}
  {{- end }}
  {{- end }}
{{- end -}}

{{- define "cwg.volumes" -}}
- name: secrets
  secret:
    secretName: cwg-{{ .part }}
    defaultMode: 0440
    items:
      {{- range include "cwg.secretsOf" . | fromYamlArray }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
- name: tmp
  emptyDir: {sizeLimit: {{ .tmp }}}
{{- if and .root.Values.database.authority (ne .part "witness") }}
- name: database-authority
  configMap: {name: {{ .root.Values.database.authority }}}
{{- end }}
{{- if eq .root.Values.stores.kind "volumes" }}
{{- range $store, $access := .spec.stores }}
- name: {{ $store }}
  persistentVolumeClaim: {claimName: {{ $store }}{{ if eq $access "read" }}, readOnly: true{{ end }}}
{{- end }}
{{- end }}
{{- if .spec.backups }}
- name: backups
  persistentVolumeClaim: {claimName: backups}
{{- end }}
{{- if has "files" .spec.settings }}
- name: file-socket
  emptyDir: {}
- name: files-tmp
  emptyDir: {medium: Memory, sizeLimit: 2Gi}  # on disk, one that is full evicts the pod
{{- end }}
{{- end -}}

{{- define "cwg.secretsOf" -}}
{{- $secrets := .spec.secrets -}}
{{- if eq .root.Values.stores.kind "buckets" -}}
{{- $secrets = concat $secrets (default list .spec.bucketSecrets) -}}
{{- end -}}
{{- if and (eq .part "worker") .root.Values.returnedMail.enabled -}}
{{- $secrets = append $secrets "cwg_mail_returns" -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}

{{- /* Opens untrusted files: another user, no secret, and of the volumes only the one with its socket. It runs as long as the pod. */ -}}
{{- define "cwg.files" -}}
- name: files
  image: {{ .root.Values.images.files }}
  restartPolicy: Always
  args: [file-service]
  env:
    - {name: CWG_FILE_SERVICE, value: /run/cwg-files/socket}
    - {name: CWG_SOFFICE, value: /usr/bin/soffice}
  # Whether it answers, not whether files are isolated: without isolation the portal starts, opens no file, and says so.
  startupProbe:
    exec: {command: [python, -m, app, file-service, --alive]}
    periodSeconds: 5
    timeoutSeconds: 15
    failureThreshold: 30
  livenessProbe:
    exec: {command: [python, -m, app, file-service, --alive]}
    periodSeconds: 30
    timeoutSeconds: 15
  securityContext:
    runAsUser: 10002
    runAsGroup: 10002
    {{- include "cwg.confined" . | nindent 4 }}
  resources:
    {{- include "cwg.resources" (merge (dict "disk" "64Mi" "diskLimit" "256Mi") .root.Values.resources.files) | nindent 4 }}
  volumeMounts:
    - {name: files-tmp, mountPath: /tmp}
    - {name: file-socket, mountPath: /run/cwg-files}
{{- end -}}

{{- /* What comes before a part: the service that opens files, and the schema, asked with the part's own role. */ -}}
{{- define "cwg.initContainers" -}}
{{- if has "files" .spec.settings -}}
{{ include "cwg.files" . | trim }}
{{ end -}}
- name: schema  # it fails, and is called again, until the database lacks no migration of this version
  args: {{ toJson .spec.check }}
  {{- include "cwg.container" (omit . "works") | nindent 2 }}
  resources:
    {{- include "cwg.resources" (merge (dict "disk" "64Mi" "diskLimit" "256Mi") .root.Values.resources.tasks) | nindent 4 }}
{{- end -}}

{{- define "cwg.podHead" -}}
automountServiceAccountToken: false
enableServiceLinks: false  # service links would set CWG_… variables of their own
terminationGracePeriodSeconds: 90  # CWG_STAY_SECONDS + CWG_FINISH_SECONDS, and time to end
securityContext:
  {{- include "cwg.podSecurity" (dict "user" 10001 "group" 10001) | nindent 2 }}
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {name: {{ . }}}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* Labels and annotations of a pod: a changed setting makes new pods. */ -}}
{{- define "cwg.podMetadata" -}}
labels: {app.kubernetes.io/name: {{ .part }}, app.kubernetes.io/part-of: cwg}
{{- if .spec.settings }}
annotations:
  cwg/settings: {{ include "cwg.settingsOf" . | sha256sum }}
{{- end }}
{{- end -}}
