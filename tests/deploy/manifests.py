"""The manifests for Kubernetes that are rendered from deploy/helm, as tests read them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm"
RENDERED = ROOT / "deploy" / "kubernetes"
NAME = "app.kubernetes.io/name"

Manifest = dict[str, Any]


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


class Manifests:
    """Objects by kind and name, and the pods among them by the name of what makes them."""

    def __init__(self, objects: Iterable[Manifest | None]) -> None:
        self.objects = [each for each in objects if each]
        self.pods = {
            each["metadata"]["name"]: _find_template(each)
            for each in self.objects
            if each["kind"] in {"Deployment", "StatefulSet", "Job", "CronJob"}
        }

    @classmethod
    def parse(cls, text: str) -> "Manifests":
        return cls(yaml.load_all(text, yaml.CSafeLoader))

    def list_kind(self, kind: str) -> dict[str, Manifest]:
        return {each["metadata"]["name"]: each for each in self.objects if each["kind"] == kind}

    def get_pod(self, name: str) -> Manifest:
        """The specification of a pod; `migrate` is the job whose name ends with a digest."""
        (found,) = [pod for key, pod in self.pods.items() if key == name or key.startswith(f"{name}-")]
        return found["spec"]

    def get_container(self, name: str) -> Manifest:
        (only,) = self.get_pod(name)["containers"]
        return only

    def get_secrets(self, name: str) -> set[str]:
        """The files of a pod's secrets."""
        (secret,) = [each["secret"] for each in self.get_pod(name)["volumes"] if "secret" in each]
        return {each["path"] for each in secret["items"]}

    def get_settings(self, name: str) -> dict[str, str]:
        """The environment of the container of a pod: its ConfigMap, and what is written in the pod itself."""
        part = self.get_container(name)
        maps = [self.list_kind("ConfigMap")[each["configMapRef"]["name"]]["data"] for each in part.get("envFrom", ())]
        own = {each["name"]: each["value"] for each in part["env"]}
        return {name: value for each in (*maps, own) for name, value in each.items()}


def _find_template(manifest: Manifest) -> Manifest:
    spec = manifest["spec"]
    return (spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec)["template"]


PORTAL = Manifests.parse((RENDERED / "portal.yaml").read_text(encoding="utf-8"))
WITNESS = Manifests.parse((RENDERED / "witness.yaml").read_text(encoding="utf-8"))
