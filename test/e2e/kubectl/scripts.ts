/** What is typed at a shell, line after line, in a namespace of its own and beside the files of `files/`. */
export interface Script {
  /** Also the namespace's name. */
  readonly name: string
  readonly lines: readonly Line[]
}

export type Line = string | DifferentLine

/** A line at which the embedded server knowingly prints something else than a real control plane. */
export interface DifferentLine {
  readonly line: string
  /** Masked: stdout, and behind it stderr. */
  readonly embedded: string
  readonly why: string
}

export function textOf(line: Line): string {
  return typeof line === 'string' ? line : line.line
}

const NO_NODES = 'there are no nodes, so nothing of what is asked of their kubelets'
/** The groups that are served by both. */
const SERVED = 'grep -v -e flowcontrol -e resource.k8s.io'

/** Starts a watch, waits for its first lines, does something, and shows what it printed until there are enough lines. */
function watching(watch: string, firstLines: number, change: string, allLines: number): string {
  const until = (lines: number) => `until [ "$(wc -l <seen)" -ge ${lines} ]; do sleep 0.05; done`
  return `: >seen; ${watch} >seen & ${until(firstLines)}; ${change} >/dev/null; ${until(allLines)}; kill $!; cat seen`
}

export const SCRIPTS: readonly Script[] = [
  {
    name: 'apply',
    lines: [
      'kubectl apply -f deployment.yaml',
      'kubectl apply -f deployment.yaml',
      'sed "s/nginx:1.0/nginx:1.1/" deployment.yaml | kubectl diff -f -',
      'sed "s/nginx:1.0/nginx:1.1/" deployment.yaml | kubectl apply -f -',
      'kubectl get deployment web -o jsonpath="{.metadata.generation} {.spec.template.spec.containers[*].image}"',
      'sed "s/replicas: 0/replicaz: 0/" deployment.yaml | kubectl apply -f -',
      'sed "s/replicas: 0/replicas: none/" deployment.yaml | kubectl apply -f -',
      'sed "s/app: web } }$/app: other } }/" deployment.yaml | kubectl apply -f -',
      'kubectl apply view-last-applied deployment web',
      'kubectl apply -f deployment.yaml --dry-run=server -o name',
      'kubectl apply -f deployment.yaml --dry-run=client',
      'kubectl create configmap pruned --from-literal=a=b --dry-run=client -o yaml | kubectl label --local -f - set=one -o yaml | kubectl apply -f -',
      'kubectl create configmap kept --from-literal=a=b --dry-run=client -o yaml | kubectl label --local -f - set=one -o yaml | kubectl apply --prune -l set=one --prune-allowlist=core/v1/ConfigMap -f -',
      'kubectl get configmap -l set=one -o name',
      'kubectl apply set-last-applied -f deployment.yaml',
      'kubectl delete -f deployment.yaml',
      'kubectl delete -f deployment.yaml',
      'kubectl delete -f deployment.yaml --ignore-not-found',
    ],
  },
  {
    name: 'server-side',
    lines: [
      'kubectl apply --server-side -f deployment.yaml',
      'kubectl apply --server-side -f deployment.yaml',
      'sed "s/nginx:1.0/nginx:2.0/" deployment.yaml | kubectl apply --server-side --field-manager=other -f -',
      'sed "s/nginx:1.0/nginx:2.0/" deployment.yaml | kubectl apply --server-side --field-manager=other --force-conflicts -f -',
      'kubectl get deployment web -o yaml --show-managed-fields',
      'kubectl apply --server-side -f deployment.yaml',
      'sed "s/nginx:1.0/nginx:3.0/" deployment.yaml | kubectl diff --server-side --force-conflicts -f -',
      'kubectl apply --server-side -f deployment.yaml --field-manager=third --dry-run=server',
      'kubectl create configmap mixed --from-literal=a=b --dry-run=client -o yaml | kubectl apply -f -',
      'kubectl create configmap mixed --from-literal=a=c --dry-run=client -o yaml | kubectl apply --server-side -f -',
      'kubectl get configmap mixed -o yaml --show-managed-fields',
    ],
  },
  {
    name: 'custom',
    lines: [
      'kubectl apply -f crd.yaml',
      'kubectl wait --for=condition=Established crd/gadgets.kubectl.example.com --timeout=30s',
      'kubectl get crd gadgets.kubectl.example.com',
      'kubectl apply -f gadget.yaml',
      'kubectl get gd',
      'kubectl get gadgets -o wide',
      'kubectl get toys --show-labels',
      'kubectl get gadget one -o yaml',
      'kubectl patch gadget one --subresource=status --type=merge -p \'{"status":{"phase":"Ready"}}\'',
      'kubectl wait --for=jsonpath="{.status.phase}"=Ready gadget/one --timeout=20s',
      'kubectl get gadget one -o custom-columns=NAME:.metadata.name,PHASE:.status.phase,GEN:.metadata.generation',
      'kubectl patch gadget one --type=merge -p \'{"spec":{"size":2}}\'',
      'kubectl patch gadget one --type=merge -p \'{"spec":{"size":20}}\'',
      'kubectl patch gadget one --type=json -p \'[{"op":"replace","path":"/spec/size","value":4}]\'',
      'kubectl patch gadget one --type=json -p \'[{"op":"remove","path":"/spec/nothing"}]\'',
      'kubectl patch gadget one -p \'{"spec":{"size":5}}\'',
      'kubectl scale gadget one --replicas=3',
      'kubectl scale gadget one --current-replicas=1 --replicas=2',
      'kubectl get gadget one --subresource=scale',
      'kubectl get gadget one --subresource=scale -o yaml',
      'kubectl explain gadget',
      'kubectl explain gadget.spec',
      'kubectl explain gadget.spec.parts --recursive',
      'kubectl explain gadget.nothing',
      'kubectl describe gadget one',
      'sed "s/size: 3/sise: 3/" gadget.yaml | kubectl create -f -',
      'sed "s/size: 3/size: 3, extra: 1/; s/one/two/" gadget.yaml | kubectl create -f - --validate=strict',
      'sed "s/size: 3/size: 3, extra: 1/; s/one/two/" gadget.yaml | kubectl create -f - --validate=warn',
      'sed "s/size: 3/size: 3, extra: 1/; s/one/three/" gadget.yaml | kubectl create -f - --validate=ignore',
      'sed "s/size: 3/size: 3, colour: blue/; s/one/four/" gadget.yaml | kubectl create -f -',
      'kubectl get gadgets --sort-by=.metadata.name -o name',
      'kubectl api-resources --api-group=kubectl.example.com',
      'kubectl auth can-i delete gadgets',
      'kubectl get gadgets -A',
      'kubectl delete gadget --all',
      'kubectl delete crd gadgets.kubectl.example.com',
      'kubectl get gadgets',
    ],
  },
  {
    name: 'printing',
    lines: [
      'kubectl get all',
      'kubectl create configmap one --from-literal=a=1 --from-literal=b=2',
      'kubectl create configmap two --from-literal=c=3',
      'kubectl label configmap one two tier=back',
      'kubectl get configmap -l tier=back',
      'kubectl get configmap -l tier=back -L tier --no-headers',
      'kubectl get configmap one two -o jsonpath="{range .items[*]}{.metadata.name}={.data}{\'\\n\'}{end}"',
      'kubectl get configmap one -o json | grep -v -e uid -e resourceVersion -e Timestamp',
      'kubectl get configmap -l tier=back --chunk-size=1 -o name',
      'kubectl get configmap -l tier=back -o go-template="{{range .items}}{{.metadata.name}} {{end}}"',
      'kubectl get configmap --field-selector metadata.name=two -o name',
      'kubectl get configmap --field-selector data=two',
      'kubectl get configmap missing',
      'kubectl get configmap missing --ignore-not-found',
      'kubectl get nothing',
      'kubectl get configmap,secret -l tier=back',
      'kubectl get namespace printing',
      'kubectl get serviceaccounts',
      'kubectl get clusterrole view edit admin cluster-admin -o name',
      'kubectl get --raw /api/v1/namespaces/printing/configmaps/missing',
      'kubectl get --raw /readyz',
      'kubectl get --raw /nothing',
      'kubectl describe configmap one',
      'kubectl describe namespace printing',
      'kubectl get services -n default',
      'kubectl get endpointslices -n default -o name',
      watching(
        'kubectl get configmap -l tier=back -w --output-watch-events',
        3,
        'kubectl label configmap one extra=yes; kubectl delete configmap two; kubectl label configmap one tier-',
        6,
      ),
      watching('kubectl get configmap one --watch-only -o name', 0, 'sleep 2; kubectl label configmap one more=yes', 1),
      'kubectl get events',
      'kubectl events',
      'kubectl version -o json | grep -A1 -e \'"major"\' | tail -2',
      'kubectl cluster-info',
      'kubectl get priorityclasses',
      'kubectl get apiservices v1. v1.apps',
      'kubectl get validatingadmissionpolicies',
    ],
  },
  {
    name: 'limits',
    lines: [
      'kubectl create namespace limited',
      'kubectl create quota small --hard=pods=2,requests.cpu=1,count/configmaps=2 -n limited',
      'until kubectl get quota small -n limited -o jsonpath={.status.used.pods} | grep -q 0; do sleep 0.1; done',
      'kubectl get quota -n limited',
      'kubectl run one --image=nginx -n limited',
      'kubectl create -f limits.yaml -n limited',
      'kubectl get limitrange -n limited',
      // In the order of a Go map.
      'kubectl describe limitrange -n limited | sort',
      // It may take a moment to be known.
      'until kubectl run one --image=nginx -n limited >/dev/null 2>&1; do sleep 0.1; done',
      'kubectl describe pod one -n limited | grep -A5 -e Limits',
      'kubectl set resources -f deployment.yaml --requests=cpu=2 --local -o yaml | kubectl create -n limited -f -',
      'kubectl run two --image=nginx -n limited --overrides=\'{"spec":{"containers":[{"name":"two","image":"nginx","resources":{"requests":{"cpu":"950m"}}}]}}\'',
      'kubectl create configmap one -n limited',
      'kubectl create configmap two -n limited',
      'kubectl describe quota -n limited',
      'kubectl describe namespace limited',
      'kubectl create quota odd --hard=pods=one -n limited',
      'kubectl create quota odd --hard=pods=1 --scopes=Odd -n limited',
      'kubectl delete namespace limited',
    ],
  },
  {
    name: 'changing',
    lines: [
      'kubectl create -f deployment.yaml',
      'kubectl create -f deployment.yaml',
      'kubectl patch deployment web -p \'{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2.0"}]}}}}\'',
      'kubectl patch deployment web -p \'{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2.0"}]}}}}\'',
      'kubectl patch deployment web --type=merge -p \'{"spec":{"paused":true}}\'',
      'kubectl patch deployment web --type=json -p \'[{"op":"test","path":"/spec/paused","value":false}]\'',
      'kubectl patch deployment web --type=json -p \'[{"op":"remove","path":"/spec/paused"}]\'',
      'kubectl patch deployment web -p \'{"spec":{"selector":{"matchLabels":{"app":"b"}}}}\'',
      'kubectl patch deployment web -p "not json"',
      'kubectl patch deployment web --dry-run=server -p \'{"metadata":{"labels":{"dry":"run"}}}\' -o jsonpath="{.metadata.labels}"',
      'kubectl set image deployment/web web=nginx:3.0',
      'kubectl set image deployment/web nobody=nginx:3.0',
      'kubectl set env deployment/web MODE=fancy EXTRA=1',
      'kubectl set env deployment/web --list',
      'kubectl set resources deployment web --limits=cpu=200m,memory=128Mi',
      'kubectl create serviceaccount runner',
      'kubectl set serviceaccount deployment web runner',
      'kubectl get deployment web -o yaml',
      'kubectl label deployment web tier=front',
      'kubectl label deployment web tier=back',
      'kubectl label deployment web tier=back --overwrite',
      'kubectl label deployment web tier-',
      'kubectl label deployment web "bad label=x"',
      'kubectl annotate deployment web note="a word"',
      'kubectl annotate deployment web note-',
      'kubectl annotate deployment web other=1 --resource-version=1',
      "EDITOR='sed -i s/fancy/edited/' kubectl edit deployment web",
      "EDITOR='sed -i s/nothing/nothing/' kubectl edit deployment web",
      'kubectl get deployment web -o jsonpath="{.spec.template.spec.containers[0].env}"',
      'kubectl get deployment web -o yaml | sed "s/edited/replaced/" | kubectl replace -f -',
      'sed "s/name: web,/name: absent,/" deployment.yaml | kubectl replace -f -',
      'kubectl get deployment web -o yaml | sed "s/resourceVersion: .*/resourceVersion: \'1\'/" | kubectl replace -f -',
      'kubectl replace --force -f deployment.yaml',
      'kubectl scale deployment web --replicas=0 --current-replicas=4',
      'kubectl scale deployment web --replicas=-1',
      'kubectl scale deployment absent --replicas=1',
      'kubectl autoscale deployment web --min=1 --max=3 --cpu=80%',
      'kubectl get hpa web -o yaml',
      'kubectl describe hpa web --show-events=false',
      'kubectl expose deployment web --port=80 --target-port=http',
      'kubectl get service web -o yaml',
      'kubectl describe service web',
      'kubectl get service',
      'kubectl delete service,hpa web',
    ],
  },
  {
    name: 'rollout',
    lines: [
      'kubectl apply -f deployment.yaml',
      'kubectl rollout status deployment web --timeout=60s',
      'kubectl annotate deployment web kubernetes.io/change-cause="first"',
      'kubectl set image deployment web web=nginx:1.5',
      'kubectl rollout status deployment web --timeout=60s',
      'kubectl annotate deployment web kubernetes.io/change-cause="second" --overwrite',
      'kubectl wait --for=jsonpath="{.metadata.annotations.deployment\\.kubernetes\\.io/revision}"=2 deployment/web --timeout=60s',
      'kubectl rollout history deployment web | sed "s/first\\|second/cause/"',
      'kubectl rollout history deployment web --revision=2',
      'kubectl rollout history deployment web --revision=9',
      'kubectl rollout undo deployment web',
      'kubectl wait --for=jsonpath="{.metadata.annotations.deployment\\.kubernetes\\.io/revision}"=3 deployment/web --timeout=60s',
      'kubectl get deployment web -o jsonpath="{.spec.template.spec.containers[0].image}"',
      'kubectl rollout undo deployment web --to-revision=2',
      'kubectl rollout undo deployment web --to-revision=7',
      'kubectl rollout restart deployment web',
      'kubectl rollout status deployment web --timeout=60s',
      'kubectl rollout pause deployment web',
      'kubectl rollout pause deployment web',
      'kubectl rollout restart deployment web',
      'kubectl rollout resume deployment web',
      'kubectl rollout status deployment web --timeout=60s',
      'kubectl get deployment web -o wide',
      'kubectl describe deployment web --show-events=false',
      'kubectl get replicasets -o name | wc -l',
      'kubectl delete deployment web --cascade=foreground --timeout=60s',
      'kubectl wait --for=delete replicaset -l app=web --timeout=60s',
      'kubectl get replicasets',
    ],
  },
  {
    name: 'deleting',
    lines: [
      'kubectl apply -f deployment.yaml',
      'kubectl rollout status deployment web --timeout=60s',
      'kubectl wait --for=create replicaset -l app=web --timeout=60s',
      'kubectl delete deployment web --cascade=orphan',
      'kubectl get replicaset -o jsonpath="{.items[*].metadata.ownerReferences}"',
      'kubectl delete replicaset --all --cascade=background --wait=true -o name | wc -l',
      'kubectl create configmap held --from-literal=a=b',
      'kubectl patch configmap held -p \'{"metadata":{"finalizers":["example.com/hold"]}}\'',
      'kubectl delete configmap held --wait=false',
      'kubectl wait --for=delete configmap/held --timeout=3s',
      'kubectl get configmap held -o jsonpath="{.metadata.finalizers}"',
      'kubectl patch configmap held --type=json -p \'[{"op":"remove","path":"/metadata/finalizers"}]\'',
      'kubectl wait --for=delete configmap/held --timeout=20s',
      'kubectl apply -f pod.yaml',
      'kubectl wait --for=condition=Ready pod/nowhere --timeout=3s',
      'kubectl get pod nowhere',
      'kubectl get pod nowhere -o wide',
      {
        line: 'kubectl logs nowhere',
        embedded: 'Error from server (NotImplemented): the embedded API server does not imitate pods/log\n',
        why: NO_NODES,
      },
      {
        line: 'kubectl exec nowhere -- true',
        embedded: 'error: unable to upgrade connection: the embedded API server does not imitate pods/exec\n',
        why: NO_NODES,
      },
      {
        line: 'kubectl attach nowhere 2>&1 | tail -1',
        embedded: 'error: unable to upgrade connection: the embedded API server does not imitate pods/attach\n',
        why: NO_NODES,
      },
      'kubectl port-forward nowhere 8080:80',
      {
        line: 'kubectl cp nowhere:/etc/passwd passwd',
        embedded: 'error: unable to upgrade connection: the embedded API server does not imitate pods/exec\n',
        why: NO_NODES,
      },
      'kubectl top pod',
      'kubectl top node',
      'kubectl delete pod nowhere --grace-period=0 --force',
      'kubectl get pod nowhere',
      'kubectl delete configmap absent',
      'kubectl delete configmap --all',
      'kubectl delete configmap',
      'kubectl delete secrets -l none=such',
      'kubectl create namespace deleting-more',
      'kubectl -n deleting-more create configmap a',
      'kubectl delete namespace deleting-more --timeout=60s',
      'kubectl get namespace deleting-more',
      'kubectl delete namespace kube-system',
      'kubectl -n absent create configmap a',
    ],
  },
  {
    name: 'creating',
    lines: [
      'kubectl create secret generic plain --from-literal=user=me',
      'kubectl create secret docker-registry pull --docker-server=r --docker-username=u --docker-password=p',
      'kubectl get secrets',
      'kubectl describe secret plain',
      'kubectl create deployment made --image=nginx:1 --replicas=0 --port=80',
      'kubectl create job once --image=busybox:1 -- true',
      'kubectl create cronjob often --image=busybox:1 --schedule="*/5 * * * *" -- true',
      'kubectl create cronjob never --image=busybox:1 --schedule="often"',
      'kubectl create job by-hand --from=cronjob/often',
      'kubectl get cronjob often',
      'kubectl get job by-hand -o jsonpath="{.metadata.ownerReferences[0].kind} {.metadata.annotations}"',
      'kubectl describe cronjob often --show-events=false',
      'kubectl create service clusterip inner --tcp=80:8080',
      'kubectl create service nodeport outer --tcp=80:8080',
      'kubectl create service externalname away --external-name=example.com',
      'kubectl create service loadbalancer front --tcp=80',
      'kubectl get services -o wide',
      'kubectl create ingress way --rule="a.example.com/*=inner:80,tls=cert"',
      'kubectl get ingress',
      'kubectl describe ingress way',
      'kubectl create role reader --verb=get,list --resource=pods,deployments.apps',
      'kubectl create role reader --verb=get --resource=nonsense',
      'kubectl create rolebinding read --role=reader --serviceaccount=creating:default',
      'kubectl create clusterrole creating-cluster --verb=get --resource=nodes',
      'kubectl create clusterrole creating-url --verb=get --non-resource-url=/metrics',
      'kubectl create clusterrolebinding creating-all --clusterrole=creating-cluster --user=somebody',
      'kubectl get roles,rolebindings -o wide',
      'kubectl get clusterrolebinding creating-all -o wide',
      'kubectl describe role reader',
      'kubectl describe rolebinding read',
      'kubectl create priorityclass creating-high --value=1000 --description=high',
      'kubectl get priorityclass creating-high',
      'kubectl create poddisruptionbudget guard --selector=app=made --min-available=1',
      'kubectl get pdb',
      'kubectl create serviceaccount robot',
      'kubectl create token robot --duration=10m | tr -cd . | wc -c',
      'kubectl create token robot --duration=1m',
      'kubectl create token absent',
      'kubectl auth whoami --as=system:serviceaccount:creating:robot',
      'kubectl create configmap "Bad Name"',
      'kubectl create namespace creating',
      'kubectl create -f gadget.yaml',
      'kubectl run single --image=nginx:1 --restart=Never --dry-run=server -o jsonpath="{.spec.restartPolicy} {.status.phase} {.status.qosClass}"',
      'kubectl run single --image=nginx:1 --overrides=\'{"spec":{"nodeSelector":{"none":"such"}}}\'',
      'kubectl expose pod single --port=80 --name=single',
      'kubectl get pod single -o yaml | sed /conditions:/,/PodScheduled/d',
      'kubectl delete clusterrole creating-cluster creating-url',
      'kubectl delete clusterrolebinding creating-all',
      'kubectl delete priorityclass creating-high',
    ],
  },
  {
    name: 'nodes',
    lines: [
      'kubectl apply -f node.yaml',
      'kubectl get node kubectl-node --no-headers -o custom-columns=N:.metadata.name,T:.spec.unschedulable',
      'kubectl cordon kubectl-node',
      'kubectl cordon kubectl-node',
      'kubectl get node kubectl-node -o jsonpath="{.spec.unschedulable}"',
      'kubectl uncordon kubectl-node',
      'kubectl taint node kubectl-node key=value:NoSchedule',
      'kubectl taint node kubectl-node key=other:NoSchedule',
      'kubectl taint node kubectl-node key=other:NoSchedule --overwrite',
      'kubectl taint node kubectl-node key-',
      'kubectl taint node kubectl-node key=value:Nonsense',
      'kubectl label node kubectl-node zone=a',
      'kubectl drain kubectl-node --ignore-daemonsets',
      'kubectl delete node kubectl-node',
    ],
  },
  {
    name: 'asking',
    lines: [
      'kubectl auth can-i create pods',
      'kubectl auth can-i "*" "*" --all-namespaces',
      'kubectl auth can-i create pods --as=nobody',
      'kubectl auth can-i get pods --subresource=log --as=nobody -n default',
      'kubectl auth can-i get /healthz --as=nobody',
      'kubectl auth can-i list nonsense',
      'kubectl auth whoami -o jsonpath="{.status.userInfo.groups}"',
      'kubectl auth whoami --as=jane --as-group=crew',
      'kubectl auth can-i --list --as=jane | sort',
      'kubectl get pods --as=jane',
      'kubectl create configmap a --as=jane',
      'kubectl delete namespace default --as=jane',
      'kubectl auth reconcile -f /dev/null',
      'kubectl create role r --verb=get --resource=pods --dry-run=client -o yaml | kubectl auth reconcile -f -',
      `kubectl api-versions | ${SERVED}`,
      `kubectl api-resources --sort-by=name | ${SERVED}`,
      `kubectl api-resources --namespaced=false -o name | ${SERVED}`,
      'kubectl api-resources --api-group=apps -o wide',
      'kubectl api-resources --categories=all -o name | sort',
      'kubectl explain pod --depth=1 2>&1 | head -4',
      'kubectl explain deployment.spec.replicas | grep -v DESCRIPTION | head -4',
      'kubectl explain deployment.spec.strategy --recursive | grep -e rolling -e max -e type',
      'kubectl explain hpa --api-version=autoscaling/v1 | head -2',
      'kubectl explain nonsense',
      'kubectl explain pod.spec.nonsense',
      'kubectl get csr',
      'kubectl proxy --port=-1',
    ],
  },
  {
    name: 'happenings',
    lines: [
      `kubectl create -f - <<'X'
apiVersion: v1
kind: Event
metadata: { name: seen.1 }
involvedObject: { apiVersion: v1, kind: ConfigMap, namespace: happenings, name: thing }
type: Warning
reason: Odd
message: it looks odd
source: { component: looker }
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:00:00Z"
count: 2
X`,
      `kubectl create -f - <<'X'
apiVersion: events.k8s.io/v1
kind: Event
metadata: { name: seen.2 }
regarding: { apiVersion: v1, kind: ConfigMap, namespace: happenings, name: thing }
eventTime: "2026-01-01T00:00:00.000000Z"
type: Normal
reason: Even
action: Looking
note: it looks even
reportingController: example.com/looker
reportingInstance: looker-1
X`,
      'kubectl get events --sort-by=.metadata.name',
      'kubectl get events.events.k8s.io -o name',
      'kubectl get events -o wide --sort-by=.metadata.name',
      'kubectl get events --field-selector type=Warning,involvedObject.name=thing -o name',
      'kubectl get events.v1.events.k8s.io --field-selector reason=Even -o name',
      'kubectl events --for configmap/thing --types=Warning',
      'kubectl create configmap thing',
      'kubectl create -f - <<X\n{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"leader"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}}\nX',
      'kubectl get leases',
      'kubectl describe lease leader',
      'kubectl delete events --all',
    ],
  },
]

/** What comes of workloads with `--simulate workloads`, for which a real control plane would need nodes. */
export const SIMULATED: readonly { readonly line: string; readonly prints: string }[] = [
  {
    line: 'sed "s/replicas: 0/replicas: 2/" deployment.yaml | kubectl apply -f - && kubectl rollout status deployment web --timeout=60s | tail -1',
    prints: 'deployment.apps/web created\ndeployment "web" successfully rolled out\n',
  },
  {
    line: 'kubectl get deployment web --no-headers | cut -c1-40',
    prints: 'web  2/2  2  2  <age>\n',
  },
  {
    line: 'kubectl get pods -l app=web -o custom-columns=PHASE:.status.phase,IMAGE:.spec.containers[0].image --no-headers',
    prints: 'Running  nginx:1.0\nRunning  nginx:1.0\n',
  },
  {
    line: 'kubectl wait --for=condition=Ready pod -l app=web --timeout=30s | wc -l',
    prints: '2\n',
  },
  {
    line: 'kubectl set image deployment/web web=nginx:2.0 && kubectl rollout status deployment web --timeout=60s | tail -1',
    prints: 'deployment.apps/web image updated\ndeployment "web" successfully rolled out\n',
  },
  {
    line: 'kubectl scale deployment web --replicas=1 && kubectl wait --for=jsonpath={.status.readyReplicas}=1 deployment/web --timeout=30s',
    prints: 'deployment.apps/web scaled\ndeployment.apps/web condition met\n',
  },
  {
    line: 'kubectl describe deployment web | grep -o ScalingReplicaSet | sort -u',
    prints: 'ScalingReplicaSet\n',
  },
  {
    line: 'kubectl expose deployment web --port=80 && kubectl wait --for=create endpointslice -l kubernetes.io/service-name=web --timeout=30s | sed "s/web-.* cond/web cond/"',
    prints: 'service/web exposed\nendpointslice.discovery.k8s.io/web condition met\n',
  },
  {
    line: 'kubectl create job once --image=busybox:1 && kubectl wait --for=condition=complete job/once --timeout=60s',
    prints: 'job.batch/once created\njob.batch/once condition met\n',
  },
  {
    line: 'kubectl run single --image=nginx:1 && kubectl wait --for=condition=Ready pod/single --timeout=30s && kubectl delete pod single --grace-period=0 --force 2>/dev/null',
    prints: 'pod/single created\npod/single condition met\npod "single" force deleted from simulated namespace\n',
  },
  {
    line: 'kubectl delete deployment web --cascade=foreground --timeout=60s && kubectl get pods -l app=web -o name',
    prints: 'deployment.apps "web" deleted from simulated namespace\n',
  },
]
