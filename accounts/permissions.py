"""What may be done (T82). Views and commands name a permission, never a role."""

import enum


class Permission(enum.StrEnum):
    ROSTER_VIEW = "roster_view"
    ROSTER_REVEAL = "roster_reveal"
    ROSTER_IMPORT = "roster_import"
    ROSTER_APPROVE = "roster_approve"
    DATA_REQUEST_HANDLE = "data_request_handle"
    ROUND_PREPARE = "round_prepare"
    ROUND_APPROVE = "round_approve"
    DRAW_RUN = "draw_run"
    CODE_ISSUE = "code_issue"
    CODE_VOID = "code_void"
    LETTER_HANDLE = "letter_handle"
    BOX_TURNOUT = "box_turnout"
    BOX_SETUP = "box_setup"
    BOX_APPROVE = "box_approve"
    COMMENT_REVIEW = "comment_review"
    RESULT_VIEW = "result_view"
    RESULT_REVIEW = "result_review"
    RESULT_PUBLISH = "result_publish"
    ACCOUNT_MANAGE = "account_manage"
    JOB_OPERATE = "job_operate"
    GRANT_MANAGE = "grant_manage"
    AUDIT_READ = "audit_read"
    AUDIT_VERIFY = "audit_verify"
