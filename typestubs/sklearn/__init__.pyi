from contextlib import AbstractContextManager
from typing import Literal

def config_context(
    *,
    assume_finite: bool | None = None,
    working_memory: int | None = None,
    print_changed_only: bool | None = None,
    display: Literal["text", "diagram"] | None = None,
    pairwise_dist_chunk_size: int | None = None,
    enable_cython_pairwise_dist: bool | None = None,
    array_api_dispatch: bool | None = None,
    transform_output: Literal["default", "pandas", "polars"] | None = None,
    enable_metadata_routing: bool | None = None,
    skip_parameter_validation: bool | None = None,
    sparse_interface: str | None = None,
) -> AbstractContextManager[None]: ...
