"""What every answer says to the browser: pages, errors, files (T106).

The outermost layer, so that no answer of a layer below goes out without. The policy is
the same for all and put together once: a visit has six answers.
"""

from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]
# Features of a device that no page here asks for; only such as every browser knows,
# for each unknown one is a complaint in the console of each page.
FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
PUBLISHED = "/results/"
# A picture of a published result is made to be shown on other sites, as a picture only.
BADGE = "/badge.svg"
PICTURE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


class HeadersMiddleware:
    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.fixed = {
            "Content-Security-Policy": build_policy(
                settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
            ),
            "Permissions-Policy": ", ".join(f"{name}=()" for name in FEATURES),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        path = request.path_info
        is_picture = path.startswith(PUBLISHED) and path.endswith(BADGE)
        fixed = self.fixed | PICTURE if is_picture else self.fixed
        for name, value in fixed.items():
            response.headers[name] = value
        # Whatever does not say otherwise is somebody's own page; files do say.
        if not path.startswith(PUBLISHED):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
