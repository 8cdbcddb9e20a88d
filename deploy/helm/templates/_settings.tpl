{{- /* All settings that are no secrets, in the groups that parts.yaml names. Everything here goes into ConfigMaps. */ -}}
{{- define "cwg.settings" -}}
addresses:
  CWG_PORTAL_URL: https://{{ .Values.hosts.portal }}
  CWG_READ_URL: https://{{ .Values.hosts.read }}
keys:
  CWG_RECEIPT_PUBLIC_KEYS: {{ join "," .Values.publicKeys.receipts | quote }}
  CWG_RELEASE_PUBLIC_KEYS: {{ join "," .Values.publicKeys.releases | quote }}
  CWG_LEDGER_PUBLIC_KEYS: {{ join "," .Values.publicKeys.ledger | quote }}
provider:
  CWG_OIDC_ISSUER: {{ .Values.identityProvider.issuer | quote }}
  CWG_OIDC_CLIENT_ID: {{ .Values.identityProvider.client | quote }}
readProvider:
  CWG_READ_OIDC_ISSUER: {{ default .Values.identityProvider.issuer .Values.identityProvider.readIssuer | quote }}
  CWG_READ_OIDC_CLIENT_ID: {{ .Values.identityProvider.readClient | quote }}
scanner:
  CWG_CLAMD: clamav:3310
files:
  CWG_FILE_SERVICE: /run/cwg-files/socket
front:
  CWG_CLIENT_ADDRESS_HEADER: {{ .Values.front.addressHeader | quote }}
mail:
  CWG_MAIL_FROM: {{ .Values.mail.from | quote }}
witnesses:
  CWG_WITNESSES: {{ join "," .Values.witnesses | quote }}
courier:
  CWG_COURIER: http://courier:8020
metrics:
  CWG_METRICS: 0.0.0.0:9100
backup:
  CWG_BACKUP_RECIPIENT: {{ .Values.backups.recipient | quote }}
witness:
  CWG_WITNESS_NAME: {{ .Values.witness.name | quote }}
  CWG_WITNESSED: {{ join "," .Values.witness.watched | quote }}
{{- if eq .Values.stores.kind "buckets" }}
store:
  CWG_STORE_URL: {{ .Values.stores.buckets.portal | quote }}
release:
  CWG_RELEASE_STORE_URL: {{ .Values.stores.buckets.releases | quote }}
buckets:
  AWS_TIMEOUT: 10 seconds
  {{- with .Values.stores.buckets.endpoint }}
  AWS_ENDPOINT: {{ . | quote }}
  {{- end }}
  {{- with .Values.stores.buckets.region }}
  AWS_REGION: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* The settings of one part, as one map: its groups, its stores, and what the operator sets for all. */ -}}
{{- define "cwg.settingsOf" -}}
{{- $groups := include "cwg.settings" .root | fromYaml -}}
{{- $names := .spec.settings -}}
{{- if and .spec.stores (eq .root.Values.stores.kind "buckets") -}}
{{- $names = concat $names (keys .spec.stores | sortAlpha) (list "buckets") -}}
{{- end -}}
{{- $settings := dict -}}
{{- range $names -}}
{{- $settings = merge $settings (get $groups .) -}}
{{- end -}}
{{- include "cwg.refuseSecrets" .root -}}
{{- mergeOverwrite $settings (deepCopy .root.Values.settings) | toYaml -}}
{{- end -}}

{{- define "cwg.refuseSecrets" -}}
{{- range $part, $spec := .Files.Get "parts.yaml" | fromYaml -}}
{{- range concat $spec.secrets (default list $spec.bucketSecrets) -}}
{{- if hasKey $.Values.settings (upper .) -}}
{{- fail (printf "settings: %s is a secret: put it into the Secret cwg-%s" (upper .) $part) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
