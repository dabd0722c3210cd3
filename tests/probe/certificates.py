"""Certificates of an authority that a test makes, by the `openssl` program."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = {"other": "DNS:other.example"}
DAYS = {"soon": 3}


@dataclass(frozen=True)
class Certificates:
    """The authority, and a certificate for each name of a row, below one folder."""

    folder: Path

    def run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def make(self, name: str, san: str, days: int) -> None:
        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-x509")
        by = () if name in ("ca", "alone") else ("-CA", "ca.pem", "-CAkey", "ca.key")
        ca = ("critical,CA:TRUE",) if name == "ca" else ("critical,CA:FALSE",)
        self.run(
            *new, *by, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", str(days),
            "-subj", f"/O=Test authority/CN={name}", "-addext", f"subjectAltName={san}",
            "-addext", f"basicConstraints={ca[0]}",
        )  # fmt: skip
