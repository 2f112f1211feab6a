"""The addresses of the site and, beside them, the bare view that is the yardstick."""

import datetime as dt
import secrets
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from ballots.models import BallotCode, Envelope
from config.urls import urlpatterns as site

PAPER, WORDS = 560, 2096


@csrf_exempt
@login_not_required
def bare_write(request: HttpRequest) -> HttpResponse:
    """The same two writes in one transaction: nothing sealed, checked or locked."""
    code_id = UUID(request.POST["code"])
    with transaction.atomic():
        Envelope(
            box_id=UUID(request.POST["box"]),
            code_id=code_id,
            day=dt.date(2026, 1, 1),
            channel="web",
            papers=secrets.token_bytes(PAPER),
            texts=secrets.token_bytes(WORDS),
            digest=secrets.token_bytes(32),
            row_mac=secrets.token_bytes(32),
            algorithm_id="-",
            key_id=1,
            receipt_hash=secrets.token_bytes(32),
            nonce_hash=secrets.token_bytes(32),
        ).save(force_insert=True)
        BallotCode.objects.filter(pk=code_id).update(state=BallotCode.State.USED)
    return HttpResponse(status=303, headers={"Location": "/ballot/receipt/"})


urlpatterns = [path("bare/", bare_write), *site]
