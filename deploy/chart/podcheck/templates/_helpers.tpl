{{/* The prefix of every name, such as podcheck or tools-podcheck; short enough for the suffixes of the parts. */}}
{{- define "podcheck.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) -}}{{- $name = printf "%s-%s" $name .Chart.Name -}}{{- end -}}
{{- $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects the Pods of a part. Called with (list . "bot"). */}}
{{- define "podcheck.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: podcheck
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "podcheck.labels" -}}
{{- $root := index . 0 -}}
{{ include "podcheck.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* Whether the chart runs the NATS cluster: "true" or nothing. */}}
{{- define "podcheck.ownNATS" -}}
{{- if and (eq .Values.mode "cluster") (not .Values.nats.url) (not .Values.nats.existingSecret) -}}true{{- end -}}
{{- end -}}

{{/* No user of the node, no rights beyond those of an ordinary process, and the volumes readable for the group. */}}
{{- define "podcheck.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "podcheck.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Called with (list . "bot"). */}}
{{- define "podcheck.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "podcheck.selector" . | nindent 6 }}
{{- end -}}
