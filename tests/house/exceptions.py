"""Every exception to the house rules, with its reason. A rule without one has none."""

# Folders of more than a dozen source files. Folders called tests may be large anyway: a test is
# looked for by the name of what it tests.
LARGE_FOLDERS = {
    "platform/paved/adapters": "one file per outside program or interface",
    "platform/paved/cli": "one file per command group, and what two of them share",
    "tools/toolchain/locked": "one file per step from an entry of the lock to the cache",
}

# Paths of a machine that mean no machine.
MACHINE_PATHS = {
    "/home/nonroot": "the home of the image's user, inside the image",
    "/home/someone": "an example in tests",
}

# Host names that stand in the repository: vocabularies, namespaces and examples, none of which
# anything here downloads from. A name stands for those below it too.
HOSTS = {
    "backstage.io": "API versions and annotations of Backstage",
    "cdevents.dev": "schema of CDEvents",
    "cloudevents.io": "schema of CloudEvents",
    "cyclonedx.org": "predicate type of an SBOM",
    "example.com": "reserved for examples (RFC 2606)",
    "example.org": "reserved for examples (RFC 2606)",
    "github.com": "Go module paths, and the Git host that scaffolded repositories ask for",
    "golang.org": "Go module paths and the name of Go's checksum database",
    "in-toto.io": "statement and predicate types",
    "k8s.io": "API groups of Kubernetes, and Go module paths",
    "kubernetes.io": "labels and annotations of Kubernetes",
    "opentelemetry.io": "semantic conventions",
    "prometheus.io": "annotations that Prometheus reads",
    "sigstore.dev": "predicate type of a signature",
    "slsa.dev": "predicate type of provenance",
}

# Holds what the rules look for, as examples.
EXAMPLES = "tests/house/test_rules.py"
