"""Every address of the house, who may open it, and what it answers then (T140).

A row: name, methods with their answer when it is allowed, the permissions of which one
is needed, and what it names. `place` says how scope enters: "noun" is one thing at one
place (404 elsewhere, 403 without the permission), "list" is open to whoever holds the
permission anywhere, "desk" to everybody who has signed in, "public" to everybody.
"""

from dataclasses import dataclass

from accounts.permissions import Permission as P

GET, POST = "get", "post"


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    answers: dict[str, int]
    place: str
    needs: frozenset[P] = frozenset()
    noun: str = ""

    @property
    def wrong_method(self) -> str:
        """A method that the address does not know: 405 for whoever is signed in."""
        if GET not in self.answers:
            return GET
        return "put" if POST in self.answers else POST


def page(name: str, noun: str, *needs: P, ok: int = 200) -> Row:
    return Row(name, {GET: ok}, "noun", frozenset(needs), noun)


def act(name: str, noun: str, *needs: P, ok: int = 302) -> Row:
    return Row(name, {POST: ok}, "noun", frozenset(needs), noun)


def form(name: str, noun: str, *needs: P, got: int = 200, sent: int = 200) -> Row:
    return Row(name, {GET: got, POST: sent}, "noun", frozenset(needs), noun)


def board(name: str, *needs: P) -> Row:
    return Row(name, {GET: 200}, "list", frozenset(needs))


def public(name: str, noun: str = "", **answers: int) -> Row:
    return Row(name, answers, "public", noun=noun)


def desk(name: str, **answers: int) -> Row:
    return Row(name, answers, "desk")


SEES_ACCOUNTS = (P.ACCOUNT_MANAGE, P.GRANT_MANAGE, P.AUDIT_READ)

RESIDENT_ROWS = (
    public("ballot:code", get=200, post=200),
    # Without a code in the browser the way leads back to where it is typed.
    public("ballot:fill", get=303),
    public("ballot:redraw", get=302, post=303),
    public("ballot:review", get=302, post=303),
    public("ballot:seal", get=302, post=303),
    public("ballot:recall", get=302, post=303),
    public("ballot:receipt-show", get=303),
    public("ballot:receipt-look-up", get=200, post=200),
    public("ballot:display", post=303),
    public("ballot:notice", get=200),
    public("ballot:help", get=200),
    public("ballot:report", get=200, post=422),
    public("ballot:report-sent", get=200),
    public("ballot:favicon", get=302),
    public("results:index", get=200),
    public("results:community-detail", "published", get=200),
    public("results:community-badge", "published", get=200),
    public("results:month-detail", "published month", get=200),
    public("results:revision-detail", "published revision", get=200),
    public("results:notice-detail", "notice", get=200),
    public("results:version-detail", "version", get=200),
    public("results:year-detail", "published year", get=200),
    public("results:community-calculation", "published month", get=200),
    public("results:community-calculation-file", "published month", get=200),
)

ACCOUNT_ROWS = (
    desk("accounts:home", get=200),
    # The audit administrator reads all logs: these have no place (T83).
    board("accounts:trail", P.AUDIT_READ),
    Row("accounts:trail-event", {GET: 200}, "list", frozenset({P.AUDIT_READ}), "event"),
    Row("accounts:trail-verify", {POST: 302}, "list", frozenset({P.AUDIT_VERIFY})),
    Row("accounts:trail-export", {POST: 200}, "list", frozenset({P.AUDIT_READ})),
    public("audit:checkpoint-list", get=200),
    public("audit:checkpoint-file", get=200),
    board("accounts:account-list", *SEES_ACCOUNTS),
    Row(
        "accounts:account-add",
        {GET: 200, POST: 200},
        "list",
        frozenset({P.ACCOUNT_MANAGE}),
    ),
    page("accounts:account-detail", "account", *SEES_ACCOUNTS),
    act("accounts:account-rename", "account", P.ACCOUNT_MANAGE),
    act("accounts:account-deactivate", "account", P.ACCOUNT_MANAGE),
    act("accounts:account-activate", "account", P.ACCOUNT_MANAGE),
    act("accounts:account-password", "account", P.ACCOUNT_MANAGE, ok=200),
    act("accounts:account-unlock", "account", P.GRANT_MANAGE),
    act("accounts:account-lock", "account", P.GRANT_MANAGE),
    act("accounts:account-factor", "account", P.GRANT_MANAGE),
    page("links:link-detail", "account", P.ACCOUNT_MANAGE),
    act("links:link-make", "account", P.ACCOUNT_MANAGE, ok=422),
    act("links:link-end", "account", P.ACCOUNT_MANAGE),
    form("accounts:grant-add", "account", P.GRANT_MANAGE),
    board("accounts:grant-list", P.GRANT_MANAGE, P.AUDIT_READ),
    form("accounts:grant-revoke", "grant", P.GRANT_MANAGE),
    board("accounts:approval-list", P.GRANT_MANAGE, P.AUDIT_READ),
    page("accounts:approval-detail", "approval", P.GRANT_MANAGE, P.AUDIT_READ),
    act("accounts:approval-approve", "approval", P.GRANT_MANAGE),
    act("accounts:approval-decline", "approval", P.GRANT_MANAGE),
    act("accounts:approval-withdraw", "approval", P.GRANT_MANAGE),
    board("jobs:run-list", P.JOB_OPERATE),
    act("jobs:run-retry", "run", P.JOB_OPERATE),
)

VIEW, BRING, AGREE = P.ROSTER_VIEW, P.ROSTER_IMPORT, P.ROSTER_APPROVE
REVEAL, HANDLE = P.ROSTER_REVEAL, P.DATA_REQUEST_HANDLE
ROSTER_ROWS = (
    board("residents:import-list", VIEW),
    Row("residents:import-upload", {GET: 200, POST: 200}, "list", frozenset({BRING})),
    board("residents:snapshot-list", VIEW),
    Row("residents:snapshot-take", {POST: 200}, "list", frozenset({AGREE})),
    board("residents:request-list", HANDLE),
    board("residents:request-find", HANDLE),
    form("residents:request-add", "household", HANDLE),
    page("residents:request-print", "household", HANDLE),
    page("residents:request-detail", "request", HANDLE),
    act("residents:request-view", "request", HANDLE, ok=200),
    act("residents:request-correct", "request", HANDLE, ok=200),
    act("residents:request-erase", "request", HANDLE),
    act("residents:request-refuse", "request", HANDLE, ok=200),
    page("residents:request-reply", "request", HANDLE, ok=302),
    board("residents:correction-list", VIEW),
    page("residents:correction-detail", "correction", VIEW),
    act("residents:correction-reveal", "correction", AGREE, ok=200),
    act("residents:correction-confirm", "correction", AGREE),
    act("residents:correction-reject", "correction", AGREE, ok=200),
    act("residents:correction-withdraw", "correction", HANDLE),
    board("residents:export-list", VIEW),
    page("residents:export-detail", "export", VIEW),
    act("residents:export-release", "export", AGREE),
    act("residents:export-refuse", "export", AGREE, ok=200),
    act("residents:export-download", "export", REVEAL),
    board("residents:dwelling-list", VIEW),
    page("residents:dwelling-detail", "dwelling", VIEW),
    act("residents:dwelling-resume", "dwelling", BRING, ok=200),
    board("residents:review-list", VIEW),
    page("residents:review-detail", "household", VIEW),
    act("residents:review-reveal", "household", REVEAL, ok=200),
    act("residents:review-keep", "household", BRING),
    act("residents:review-correct", "household", BRING, ok=200),
    act("residents:review-moved-away", "household", BRING),
    act("residents:review-suspend", "household", BRING),
    page("residents:import-detail", "import", VIEW),
    page("residents:change-list", "import", VIEW),
    page("residents:row-list", "import", VIEW),
    act("residents:row-reveal", "import", REVEAL, ok=200),
    form("residents:import-confirm", "import", AGREE),
    act("residents:import-renew", "import", VIEW),
    form("residents:import-columns", "import", BRING, got=302, sent=302),
    act("residents:import-forget-columns", "import", BRING),
    act("residents:import-report", "import", REVEAL),
    act("residents:import-undo", "import", BRING),
    act("residents:import-cancel", "import", BRING),
)

PREPARE, ISSUE, VOID = P.ROUND_PREPARE, P.CODE_ISSUE, P.CODE_VOID
ROUND_ROWS = (
    board("surveys:round-list", P.BOX_TURNOUT),
    board("surveys:report-list", P.SIGNAL_VIEW),
    act("surveys:report-read", "published", P.SIGNAL_VIEW, ok=200),
    act("surveys:act-agree", "act", P.BOX_APPROVE),
    act("surveys:act-withdraw", "act", ISSUE),
    act("surveys:act-print", "act", ISSUE),
    act("surveys:batch-reissue", "batch", ISSUE),
    page("surveys:household-detail", "sampled", VOID),
    act("surveys:household-void", "sampled", VOID),
    act("surveys:household-reissue", "sampled", ISSUE),
    page("surveys:round-detail", "round", P.BOX_TURNOUT),
    form("surveys:round-approve", "draft", P.ROUND_APPROVE),
    act("surveys:round-propose", "draft", PREPARE),
    form("surveys:round-recuse", "draft", PREPARE),
    act("surveys:round-open", "round", P.BOX_SETUP),
    act("surveys:round-close", "round", P.BOX_SETUP),
    act("surveys:round-open-box", "round", P.BOX_SETUP),
    act("surveys:round-accept-invalid", "round", P.BOX_SETUP),
    form("surveys:round-seed", "round", P.AUDIT_READ, sent=302),
    form("surveys:round-annul", "round", PREPARE),
    form("surveys:round-deadline", "round", P.BOX_SETUP),
    page("surveys:round-turnout", "round", P.BOX_TURNOUT),
    act("surveys:round-list-tampered", "round", P.BOX_SETUP),
    page("surveys:slip-list", "round", ISSUE),
    act("surveys:slip-print", "round", ISSUE),
    page("surveys:slip-find", "round", VOID, ok=302),
    board("comments:pile-list", P.COMMENT_REVIEW),
    page("comments:pile-detail", "pile", P.COMMENT_REVIEW),
    act("comments:pile-open", "pile", P.COMMENT_REVIEW),
    # Opened in another session: back to the pile, where reading leaves its trace.
    page("comments:comment-detail", "comment", P.COMMENT_REVIEW, ok=302),
    act("comments:comment-mark", "comment", P.COMMENT_REVIEW),
    act("comments:comment-review", "comment", P.COMMENT_REVIEW),
)

SEE, REVIEW, PUBLISH = P.RESULT_VIEW, P.RESULT_REVIEW, P.RESULT_PUBLISH
RATING_ROWS = (
    board("evaluations:home", SEE),
    page("evaluations:district-overview", "district", SEE),
    board("evaluations:month-list", SEE),
    board("own:result-list", P.OWN_RESULT_VIEW),
    # Nobody of the table is the official of these: 404, whatever they cover (W7).
    page("own:result-detail", "appointment", P.OWN_RESULT_VIEW, ok=404),
    page("own:result-calculation", "appointment", P.OWN_RESULT_VIEW, ok=404),
    act("own:result-seen", "appointment", P.OWN_RESULT_VIEW, ok=404),
    act("own:result-reply", "appointment", P.OWN_RESULT_VIEW, ok=404),
    Row(
        "evaluations:round-prepare", {GET: 200, POST: 200}, "list", frozenset({PREPARE})
    ),
    page("evaluations:month-detail", "month", SEE),
    act("evaluations:month-review", "month", REVIEW),
    page("evaluations:queue", "month", REVIEW, ok=302),
    page("evaluations:queue-detail", "queued", REVIEW),
    act("evaluations:queue-review", "queued", REVIEW, ok=422),
    act("evaluations:queue-return", "queued", REVIEW, ok=422),
    act("evaluations:rating-review", "month", REVIEW),
    act("evaluations:month-preview", "month", REVIEW),
    page("evaluations:publication-prepare", "month", PUBLISH),
    act("evaluations:notice-start", "month", PUBLISH, ok=422),
    act("evaluations:publication-publish", "month", PUBLISH, ok=422),
    page("evaluations:ranking-list", "group", SEE),
    # Nothing chosen leads back to the ranking.
    page("evaluations:group-compare", "group", SEE, ok=302),
    page("evaluations:rating-detail", "appointment", SEE),
    page("evaluations:rating-portrait", "appointment", SEE),
    page("evaluations:ranking-paper", "group", SEE),
    page("evaluations:portrait-paper", "appointment", SEE),
    page("evaluations:notice-paper", "notice", SEE),
    page("evaluations:rating-calculation", "appointment", SEE),
    page("evaluations:rating-calculation-file", "appointment", SEE),
    form("evaluations:figures-export", "district", P.EXPORT_FIGURES, got=200, sent=422),
    # Another person's file is no page; tests/evaluations/test_exports_later.py asks
    # for one's own.
    page("evaluations:export-detail", "figure export", P.EXPORT_FIGURES, ok=404),
    act("evaluations:export-download", "figure export", P.EXPORT_FIGURES, ok=404),
    act("evaluations:rating-return", "rating", REVIEW, PUBLISH, ok=422),
    board("evaluations:year-list", SEE),
    page("evaluations:year-detail", "year", SEE),
    act("evaluations:year-propose", "year", REVIEW),
    act("evaluations:year-decide", "year", PUBLISH, ok=422),
    act("evaluations:year-publish", "year", PUBLISH, ok=422),
    act("evaluations:star-decline", "year star", PUBLISH, ok=422),
    page("evaluations:year-sheet", "year of appointment", SEE),
    form("evaluations:publication-withdraw", "publication", REVIEW, PUBLISH),
    page("evaluations:withdrawal-detail", "withdrawal", PUBLISH),
    act("evaluations:withdrawal-agree", "withdrawal", PUBLISH, ok=422),
    act("evaluations:withdrawal-decline", "withdrawal", PUBLISH, ok=422),
)

DECIDE, SIGN = P.APPEAL_DECIDE, P.SIGNAL_DECIDE
ADJUST, AGREE, MEASURE = P.ADJUST_PROPOSE, P.ADJUST_APPROVE, P.MEASURE_DECIDE
QUARTER_ROWS = (
    board("evaluations:period-list", SEE),
    board("evaluations:measure-list", SEE),
    page("evaluations:period-detail", "quarter", SEE),
    page("evaluations:period-group", "quarter group", SEE),
    page("evaluations:period-district", "quarter", SEE),
    act("evaluations:month-close", "assessed month", REVIEW),
    act("evaluations:sheets-review", "assessed month", REVIEW),
    act("evaluations:quarter-rank", "quarter", REVIEW),
    act("evaluations:quarter-publicity", "quarter", REVIEW, ok=422),
    act("evaluations:quarter-finalise", "quarter", PUBLISH),
    act("evaluations:colors-propose", "quarter", PUBLISH),
    act("evaluations:year-compose", "quarter", PUBLISH),
    page("evaluations:sheet-detail", "month sheet", SEE),
    act("evaluations:score-enter", "month sheet", REVIEW),
    form("evaluations:score-adjust", "score", ADJUST, sent=422),
    form("evaluations:leave-record", "month sheet", REVIEW, sent=422),
    form("evaluations:quarter-withdraw", "quarter sheet", DECIDE, sent=422),
    page("evaluations:adjustment-detail", "adjustment", ADJUST, AGREE),
    act("evaluations:adjustment-approve", "adjustment", AGREE, ok=422),
    act("evaluations:adjustment-decline", "adjustment", AGREE, ok=422),
    page("evaluations:warning-detail", "warning", SEE),
    act("evaluations:warning-hear", "warning", MEASURE, ok=422),
    act("evaluations:warning-decide", "warning", MEASURE, ok=422),
    act("evaluations:warning-drop", "warning", MEASURE, ok=422),
    page("evaluations:measure-detail", "measure", SEE),
    act("evaluations:measure-hear", "measure", MEASURE, ok=422),
    act("evaluations:measure-decide", "measure", MEASURE, ok=422),
    act("evaluations:measure-drop", "measure", MEASURE, ok=422),
    act("evaluations:measure-add", "measure", MEASURE, ok=422),
    act("evaluations:measure-carry-out", "measure", MEASURE, ok=422),
)

APPEAL_ROWS = (
    # Somebody else's result is no page, whoever asks; tests/evaluations/
    # test_appeal_pages.py asks for one's own.
    form("appeals:appeal-file", "appointment", P.APPEAL_FILE, got=404, sent=404),
    board("appeals:appeal-list", DECIDE, SIGN),
    page("appeals:appeal-detail", "appeal", DECIDE, SIGN),
    act("appeals:appeal-accept", "appeal", DECIDE),
    act("appeals:appeal-decide", "appeal", DECIDE, ok=422),
    act("appeals:set-aside-propose", "appeal", DECIDE, ok=422),
    page("appeals:set-aside-detail", "set aside", SIGN),
    act("appeals:set-aside-countersign", "set aside", SIGN, ok=422),
    act("appeals:set-aside-decline", "set aside", SIGN, ok=422),
)
WORKDAY_ROWS = (
    board("officials:workday-list", P.SCHEME_EDIT),
    Row("officials:workday-set", {POST: 422}, "list", frozenset({P.SCHEME_EDIT})),
    Row(
        "officials:workday-clear",
        {POST: 302},
        "list",
        frozenset({P.SCHEME_EDIT}),
        "workday",
    ),
    Row(
        "officials:workday-year",
        {POST: 302},
        "list",
        frozenset({P.SCHEME_EDIT}),
        "calendar year",
    ),
)

EDIT = P.SCHEME_EDIT
SCHEME_ROWS = (
    board("schemes:scheme-list", EDIT, SEE),
    board("schemes:rule-list", EDIT, SEE),
    Row("schemes:rule-add", {POST: 422}, "list", frozenset({EDIT})),
    act("schemes:rule-repeal", "rule", EDIT),
    page("schemes:scheme-detail", "scheme", EDIT, SEE),
    page("schemes:scheme-difference", "two schemes", EDIT, SEE),
    act("schemes:scheme-copy", "scheme", EDIT),
    form("schemes:scheme-describe", "scheme", EDIT, sent=422),
    form("schemes:scheme-edit", "scheme theme", EDIT, sent=422),
    act("schemes:dry-run-ask", "scheme", EDIT),
    page("schemes:dry-run-detail", "dry run", EDIT),
    Row("schemes:rules-add", {GET: 200, POST: 422}, "list", frozenset({EDIT})),
    form("schemes:rules-limits", "rules", EDIT, sent=422),
    form("schemes:rules-colors", "rules", EDIT, sent=422),
    form("schemes:rules-set", "rules set", EDIT, sent=422),
    act("schemes:rules-set-remove", "rules set", EDIT),
    act("schemes:scheme-propose", "scheme", EDIT),
    act("schemes:scheme-approve", "scheme", EDIT, ok=422),
    act("schemes:scheme-decline", "scheme", EDIT, ok=422),
    act("schemes:scheme-withdraw", "scheme", EDIT),
    act("schemes:scheme-retire", "scheme", EDIT, ok=422),
)

# The interface for programs: what is public is public, and no session opens the rest;
# scopes of tokens are asked in tests/evaluations/api/test_office.py.
API_ROWS = (
    public("api:openapi", get=200),
    public("api:districts", get=200),
    public("api:streets", "district", get=200),
    public("api:year_stars", "year", get=200),
    public("api:communities", get=200),
    public("api:community", "published", get=200),
    public("api:history", "published", get=200),
    public("api:calculation", "published month", get=200),
    public("api:publications", get=200),
    public("api:publication", "version", get=200),
    public("api:ratings", "month", get=401),
    public("api:groups", "month", get=401),
    public("api:ranking", "group", get=401),
    public("api:unknown", get=404),
)

MANAGE = P.API_MANAGE
CONNECTION_ROWS = (
    board("connections:connection-list", MANAGE),
    Row("connections:token-add", {GET: 200, POST: 200}, "list", frozenset({MANAGE})),
    page("connections:token-detail", "token", MANAGE),
    act("connections:token-approve", "token", MANAGE),
    act("connections:token-revoke", "token", MANAGE),
    Row("connections:webhook-add", {GET: 200, POST: 200}, "list", frozenset({MANAGE})),
    page("connections:webhook-detail", "webhook", MANAGE),
    act("connections:webhook-end", "webhook", MANAGE),
    act("connections:delivery-resend", "delivery", MANAGE),
)

# Signing in and out, one's own factor and password, and the language of the pages.
DOOR_ROWS = (
    public("set_language", get=302, post=302, put=302),
    desk("accounts:sign-out", post=302),
    desk("accounts:factor-detail", get=200),
    desk("accounts:factor-set-up", get=302, post=302),
    desk("accounts:factor-confirm", get=200, post=200),
    desk("accounts:factor-replace", post=302),
    desk("accounts:codes-renew", post=200),
    desk("accounts:password-change", get=200, post=200),
    public("accounts:sign-in", get=200, post=200),
)
# Answers of public addresses to somebody who has signed in, where they differ: to the
# desk, and no ballot for a browser with a staff session (T93).
SIGNED_IN = {
    ("accounts:sign-in", GET): 302,
    ("accounts:sign-in", POST): 302,
    ("ballot:code", POST): 403,
    ("ballot:fill", GET): 403,
    ("ballot:redraw", POST): 403,
    ("ballot:review", POST): 403,
    ("ballot:seal", POST): 403,
    ("ballot:recall", POST): 403,
}

ROWS = (
    *RESIDENT_ROWS,
    *DOOR_ROWS,
    *ACCOUNT_ROWS,
    *ROSTER_ROWS,
    *ROUND_ROWS,
    *RATING_ROWS,
    *QUARTER_ROWS,
    *APPEAL_ROWS,
    *WORKDAY_ROWS,
    *SCHEME_ROWS,
    *API_ROWS,
    *CONNECTION_ROWS,
)
