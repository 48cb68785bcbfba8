rm DIR/*
cat >DIR/a.yaml <<'TEXT'
type: MeshService
mesh: default
name: web
spec:
  selector: {dataplaneTags: {app: web}}
  ports:
  - port: 99999
    name: http
    appProtokol: http
TEXT
cat >DIR/b.yaml <<'TEXT'
type: HostnameGenerator
name: by-team
spec:
  selector:
    meshService: {}
  template: "{{ label 'x' }}"
TEXT
