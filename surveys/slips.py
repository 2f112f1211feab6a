"""One printed slip: address outside, code and QR under the fold, receipt stub (T22)."""

from dataclasses import dataclass

import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from ballots import codes, receipts
from ballots.actions import IssuedCode
from surveys.actions import IssuedSlips


@dataclass(frozen=True, slots=True, repr=False)
class Slip:
    """What one household gets. Lives while a page is rendered, no longer (T19)."""

    serial: str
    address: str
    code: str
    receipt: str
    qr: SafeString


def slips_of(issued: IssuedSlips) -> list[Slip]:
    return [_slip(issued, code) for code in issued.codes]


def qr_of(code: str) -> SafeString:
    """The resident address with the code in the fragment, which no browser sends (T21).

    Inline SVG made of numbers only, so it is safe to print unescaped.
    """
    drawn = segno.make(f"{settings.PUBLIC_URL}/#{code}", error="m", micro=False)
    return mark_safe(  # noqa: S308
        drawn.svg_inline(omitsize=True, border=4, svgclass="slip__qr", lineclass=None)
    )


def _slip(issued: IssuedSlips, code: IssuedCode) -> Slip:
    household = code.household
    if household is None:
        message = "a slip of a round belongs to a household"
        raise ValueError(message)
    return Slip(
        serial=issued.serials[household],
        address=issued.addresses[household].line,
        code=codes.printed(code.code),
        receipt=receipts.printed(code.receipt),
        qr=qr_of(code.code),
    )
