"""Compiled templates, kept in files that all workers of one run share."""

import os
from functools import cached_property
from tempfile import gettempdir

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from app.http.jinja.environment import CompiledTemplates
from tests.world import OF_ONE_RUN


class CompiledTemplatesOfRun(CompiledTemplates):
    """In memory as the portal keeps them, and in files of the run if it has a folder of its own."""

    @cached_property
    def _files(self) -> FileSystemBytecodeCache | None:
        return FileSystemBytecodeCache(gettempdir(), "cwg-template-%s") if OF_ONE_RUN in os.environ else None

    def load_bytecode(self, bucket: Bucket) -> None:
        super().load_bytecode(bucket)
        if bucket.code is None and self._files:
            self._files.load_bytecode(bucket)
            super().dump_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        super().dump_bytecode(bucket)
        if self._files:
            self._files.dump_bytecode(bucket)
