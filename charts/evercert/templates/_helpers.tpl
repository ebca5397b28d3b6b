{{- define "evercert.name" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}
{{- else if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 48 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "evercert.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Selects the pods of both Deployments; with a component, of one. */}}
{{- define "evercert.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "evercert.image" -}}
{{- $image := .Values.image -}}
{{ $image.registry }}/{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Takes (list . "operator"). */}}
{{- define "evercert.serviceAccount" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- $account := (index $root.Values $component).serviceAccount -}}
{{- if $account.name }}{{ $account.name }}
{{- else if $account.create }}{{ include "evercert.name" $root }}-{{ $component }}
{{- else }}default
{{- end }}
{{- end }}

{{/* What both Deployments say of a pod, apart from its containers. Takes (list . "operator"). */}}
{{- define "evercert.pod" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- $values := index $root.Values $component -}}
serviceAccountName: {{ include "evercert.serviceAccount" . }}
automountServiceAccountToken: true
# The variables that Kubernetes would set for the Service of the responder look like flags: EVERCERT_RESPONDER_PORT.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
# The image's user is numeric and not root; none is set here, because OpenShift gives each namespace its own.
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- with $values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "evercert.selector" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $component }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end }}

{{/* What both Deployments say of their container, apart from its arguments, ports and volumes. Takes (list . "operator"). */}}
{{- define "evercert.container" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- $values := index $root.Values $component -}}
name: {{ $component }}
image: {{ include "evercert.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: { drop: [ALL] }
resources:
  {{- toYaml $values.resources | nindent 2 }}
startupProbe:
  httpGet: { path: /healthz, port: metrics }
  # The process listens within a second; asked before, the kubelet would warn of every start.
  initialDelaySeconds: 2
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
env:
  # With their default apiVersion, or a second field manager that applies the same would conflict with the first.
  - name: POD_NAME
    valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.name } }
  - name: POD_NAMESPACE
    valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.namespace } }
  {{- if eq $component "operator" }}
  - name: POD_UID
    valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.uid } }
  {{- end }}
  # Node would take half of the container's memory for its heap at most, and 48 MiB of it for young objects.
  - name: NODE_OPTIONS
    value: --max-old-space-size-percentage=70 --max-semi-space-size=4
  {{- with $values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Takes (list . "operator"). */}}
{{- define "evercert.podTemplateMetadata" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- $values := index $root.Values $component -}}
labels:
  # Without the chart's version: an upgrade of the chart alone need not roll the pods.
  {{- include "evercert.selector" $root | nindent 2 }}
  app.kubernetes.io/component: {{ $component }}
  app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
  {{- with $root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  kubectl.kubernetes.io/default-container: {{ $component }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Takes (list . "operator"). */}}
{{- define "evercert.podDisruptionBudget" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- $budget := (index $root.Values $component).podDisruptionBudget -}}
{{- if $budget.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "evercert.name" $root }}-{{ $component }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "evercert.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $component }}
spec:
  {{- if ne (toString $budget.minAvailable) "" }}
  minAvailable: {{ $budget.minAvailable }}
  {{- else }}
  maxUnavailable: {{ $budget.maxUnavailable }}
  {{- end }}
  # A pod that is not ready protects nobody, and must not hold up a drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "evercert.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $component }}
{{- end }}
{{- end }}

{{/* Takes (list . "operator"). */}}
{{- define "evercert.serviceAccountObject" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- $account := (index $root.Values $component).serviceAccount -}}
{{- if $account.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "evercert.serviceAccount" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "evercert.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $component }}
  {{- with $account.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# The pods of the Deployment ask for the token themselves.
automountServiceAccountToken: false
{{- end }}
{{- end }}
