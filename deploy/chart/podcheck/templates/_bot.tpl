{{/* The Pod of a bot. What keeps /var/lib/podcheck differs by mode. */}}
{{- define "podcheck.pod" -}}
metadata:
  labels:
    {{- include "podcheck.labels" (list . "bot") | nindent 4 }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # Longer than the pause before SIGTERM and the 25 s in which the bot finishes or hands back what it has.
  terminationGracePeriodSeconds: 40
  securityContext:
    {{- include "podcheck.podSecurity" . | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .Values.mode "cluster" }}
  topologySpreadConstraints:
    {{- include "podcheck.spread" (list . "bot") | nindent 4 }}
  {{- end }}
  containers:
    - name: podcheck
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve]
      env:
        {{- include "podcheck.env" . | nindent 8 }}
      ports:
        - name: http
          containerPort: 8080
        {{- if .Values.metrics.enabled }}
        - name: admin
          containerPort: 9090
        {{- end }}
      startupProbe:
        httpGet:
          path: /healthz
          port: http
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet:
          path: /healthz
          port: http
        timeoutSeconds: 5
      readinessProbe:
        httpGet:
          path: /readyz
          port: http
        periodSeconds: 5
        timeoutSeconds: 5
      lifecycle:
        # Deliveries are sent elsewhere by then.
        preStop:
          sleep:
            seconds: 5
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- include "podcheck.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - name: data
          mountPath: /var/lib/podcheck
        - name: secret
          mountPath: /etc/podcheck
          readOnly: true
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: secret
      secret:
        secretName: {{ .Values.existingSecret }}
        defaultMode: 0440
        items:
          - key: private-key.pem
            path: private-key.pem
          - key: webhook-secret
            path: webhook-secret
    - name: tmp
      emptyDir:
        sizeLimit: 256Mi
    {{- if eq .Values.mode "cluster" }}
    - name: data
      emptyDir:
        sizeLimit: {{ .Values.mirrors.sizeLimit }}
    {{- end }}
{{- end -}}

{{- define "podcheck.env" -}}
- name: PODCHECK_APP_ID
  valueFrom:
    secretKeyRef:
      name: {{ .Values.existingSecret }}
      key: app-id
- name: PODCHECK_PRIVATE_KEY_FILE
  value: /etc/podcheck/private-key.pem
- name: PODCHECK_WEBHOOK_SECRET_FILE
  value: /etc/podcheck/webhook-secret
- name: PODCHECK_DATA_DIR
  value: /var/lib/podcheck
- name: PODCHECK_LISTEN
  value: ":8080"
- name: PODCHECK_ADMIN_LISTEN
  value: {{ ternary ":9090" "127.0.0.1:9090" .Values.metrics.enabled | quote }}
- name: PODCHECK_RECONCILE
  value: {{ .Values.reconcile | quote }}
{{- with .Values.publicURL }}
- name: PODCHECK_PUBLIC_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.githubURL }}
- name: PODCHECK_GITHUB_URL
  value: {{ . | quote }}
{{- end }}
{{- if eq .Values.mode "cluster" }}
- name: PODCHECK_NATS_URL
  {{- if .Values.nats.existingSecret }}
  valueFrom:
    secretKeyRef:
      name: {{ .Values.nats.existingSecret }}
      key: url
  {{- else }}
  value: {{ .Values.nats.url | default (printf "nats://%s-nats:4222" (include "podcheck.fullname" .)) | quote }}
  {{- end }}
{{- end }}
{{- end -}}
