"""What any address may answer beside its 200, said in the description of each."""

from typing import Any

from evaluations.api.errors import Error

# 304 has no body. The rest has one shape (`errors.Error`).
BESIDE: dict[Any, Any] = {
    304: None,
    400: Error,
    401: Error,
    404: Error,
    405: Error,
    422: Error,
    429: Error,
}
BESIDE_OFFICE: dict[Any, Any] = {**BESIDE, 403: Error}
