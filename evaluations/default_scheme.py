"""The scheme that comes with the house: version 1 with the defaults of the method.

Changing it means a second version; what a round has used stays as it was (M4).
"""

import datetime as dt

from django.db import transaction

from audit.actions import Actor, record
from evaluations.models import AssessmentScheme
from evaluations.scoring.method import Method

DEFAULT_CODE = "community-secretary"
DEFAULT_NAME = "社区党委书记居民满意度每月评价办法"
DEFAULT_BASIS = "评价方法说明第 1 版"


@transaction.atomic
def ensure_default_scheme(*, by: Actor, at: dt.datetime) -> AssessmentScheme:
    """Version 1 with the defaults of the method, in force; harmless twice."""
    known = AssessmentScheme.objects.filter(code=DEFAULT_CODE, version=1).first()
    if known is not None:
        return known
    method = Method()
    scheme = AssessmentScheme.objects.create(
        code=DEFAULT_CODE,
        version=1,
        name=DEFAULT_NAME,
        kind=AssessmentScheme.Kind.RESIDENT,
        basis=DEFAULT_BASIS,
        status=AssessmentScheme.Status.IN_FORCE,
        parameters=method.canonical().decode(),
        digest=bytes.fromhex(method.digest()),
        frozen_at=at,
    )
    record(
        "scheme.put_in_force",
        target=scheme,
        by=by,
        at=at,
        data={"scheme": scheme.ref, "digest": scheme.digest_hex},
    )
    return scheme
