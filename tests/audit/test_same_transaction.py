"""Every verb of every room shares one transaction with its event (T72, T153)."""

import json
import os
import subprocess
import sys

import pytest
from django.db import transaction
from django.utils import timezone

from audit import verifying
from audit.actions import record
from config.launcher.folders import ROOT
from surveys import ballot_limits
from tests.audit import chains
from tests.audit.recorded_verbs import find
from tests.audit.refusing import Guard
from tests.ballots import world

# Each acts in the words of its room; together they record every verb there is.
STORIES = (
    "accounts/test_account_pages.py::test_a_closed_account_opens_no_page",
    "accounts/test_account_pages.py::test_a_forgotten_password_is_replaced_on_paper",
    "accounts/test_account_pages.py::test_a_head_is_made_by_two",
    "accounts/test_account_pages.py::test_a_name_is_changed_and_the_account_name_stays",
    "accounts/test_account_pages.py::test_a_proposal_is_declined_or_taken_back",
    "accounts/test_account_pages.py::test_a_role_is_revoked_with_its_reason",
    "accounts/test_account_pages.py::test_security_locks_unlocks_and_resets_the_factor",
    "accounts/test_factors.py",
    "accounts/test_lockout.py"
    "::test_fifth_failure_shuts_the_account_for_a_quarter_of_an_hour",
    "accounts/test_lockout.py::test_blocked_client_leaves_no_endless_trail",
    "accounts/test_lockout.py::test_failures_are_forgotten_after_a_day",
    "accounts/test_sign_in.py::test_sign_out_ends_the_session",
    "accounts/test_fresh.py::test_form_that_was_sent_is_kept_and_goes_on",
    "accounts/test_fresh.py::test_page_is_opened_after_the_digits",
    "residents/test_corrections.py::test_household_that_has_left_is_refused",
    "accounts/test_trail_pages.py::test_export_is_recorded_and_fits_its_event",
    "ballots/test_actions.py::test_two_persons_annul_a_box_unopened",
    "ballots/test_deadlines.py::test_deadline_moves_for_everybody_and_leaves_one_event",
    "ballots/test_trail.py::test_verb_with_a_failing_recorder_changes_nothing",
    "ballots/test_unlinking.py::test_unlinking_twice_changes_nothing",
    "evaluations/test_actions.py::test_a_closed_year_is_decided_once",
    "evaluations/test_year_stars.py"
    "::test_a_declined_star_says_why_and_is_proposed_again",
    "evaluations/test_year_stars.py::test_one_proposes_and_another_decides",
    "evaluations/test_actions.py::test_a_month_is_reviewed_once",
    "evaluations/test_actions.py::test_a_returned_rating_says_why_and_blocks_the_month",
    "evaluations/test_actions.py::test_a_street_that_comes_late_makes_a_second_version",
    "evaluations/test_appeals.py::test_an_appeal_is_answered_once_in_words",
    "evaluations/test_appeals.py"
    "::test_annulling_takes_two_persons_in_time_on_what_was_shown",
    "evaluations/test_exports.py::test_export_is_told_in_the_trail",
    "evaluations/test_exports_later.py"
    "::test_a_large_export_is_written_once_and_taken_by_whoever_asked",
    "evaluations/test_path.py::test_a_withdrawal_takes_two_persons_in_time",
    "evaluations/test_path.py::test_a_withdrawn_month_shows_why_and_no_figures",
    "officials/test_working_days.py::test_the_office_keeps_its_calendar_with_a_trail",
    "evaluations/test_schemes.py"
    "::test_a_repealed_rule_blocks_a_new_scheme_and_no_old_result",
    "evaluations/test_schemes.py::test_a_retired_scheme_is_offered_no_more",
    "evaluations/quarter/test_colors.py"
    "::test_g9_red_is_only_a_proposal_with_two_approvals_and_a_hearing",
    "evaluations/quarter/test_colors.py"
    "::test_orange_brings_its_talk_and_a_dropped_card_keeps_its_reason",
    "evaluations/quarter/test_consequences.py"
    "::test_a_removal_takes_a_hearing_and_two_persons",
    "evaluations/quarter/test_consequences.py"
    "::test_g11_a_dropped_proposal_keeps_its_reason_and_does_not_come_back",
    "evaluations/quarter/test_consequences.py"
    "::test_g11_a_measure_names_ground_record_and_person_and_runs_out",
    "evaluations/quarter/test_consequences.py"
    "::test_w8_fair_gets_a_talk_and_poor_criticism_with_admonition_if_necessary",
    "evaluations/quarter/test_consequences.py"
    "::test_w8_withdrawing_one_quarter_after_an_appeal_removes_the_adjustment",
    "evaluations/quarter/test_months.py"
    "::test_an_adjustment_is_a_new_record_with_a_reason_and_two_names",
    "evaluations/quarter/test_months.py"
    "::test_who_comes_into_office_joins_the_open_month",
    "evaluations/quarter/test_quarters.py"
    "::test_w5_the_annual_sheet_takes_the_four_quarters_without_retyping",
    "evaluations/quarter/test_quarters.py"
    "::test_who_came_late_or_was_on_leave_is_not_ranked",
    "evaluations/test_own.py"
    "::test_seen_is_said_by_a_button_and_a_reply_is_written_once",
    "evaluations/api/test_tokens.py::test_office_token_leaves_one_trace_a_day",
    "evaluations/api/test_tokens.py::test_token_ends_begins_and_is_revoked",
    "evaluations/api/test_webhooks.py::test_only_those_above_and_still_active_are_told",
    "evaluations/api/test_webhooks.py::test_message_is_sent_again_byte_for_byte",
    "jobs/test_actions.py::test_a_person_tries_again_with_a_trail",
    "jobs/test_actions.py::test_old_ends_are_forgotten_and_running_ones_stay",
    "officials/test_accounts.py"
    "::test_link_is_made_and_ended_by_somebody_else_with_a_trail",
    "evaluations/test_groups_apart.py::test_w3_a_change_of_group_keeps_history",
    "officials/test_appointments.py"
    "::test_ended_appointment_frees_the_post_from_that_day",
    "residents/test_actions.py::test_confirmed_roster_has_the_rows_of_the_file",
    "residents/test_actions.py::test_file_that_kills_every_worker_is_refused",
    "residents/test_actions.py::test_reader_stops_when_the_import_is_cancelled",
    "residents/test_actions.py"
    "::test_rows_and_file_go_after_thirty_days_and_the_history_stays",
    "residents/test_corrections.py"
    "::test_confirmed_correction_is_written_and_closes_the_request",
    "residents/test_corrections.py::test_desk_takes_its_entry_back",
    "residents/test_corrections.py::test_way_through_the_pages",
    "residents/test_exports.py::test_decided_request_is_not_decided_again",
    "residents/test_exports.py::test_each_step_leaves_its_event_with_both_people",
    "residents/test_mapping.py::test_answer_is_remembered_for_the_next_file",
    "residents/test_mapping.py::test_wrong_answer_can_be_given_again",
    "residents/test_privacy.py::test_many_names_in_a_day_alert_the_auditor_once",
    "residents/test_purging.py"
    "::test_household_is_forgotten_twelve_months_after_it_left",
    "residents/test_requests.py::test_answered_request_is_not_answered_again",
    "residents/test_requests.py"
    "::test_erasure_removes_name_and_numbers_and_keeps_the_frame",
    "residents/test_requests.py::test_refusal_has_a_reason",
    "residents/test_review.py::test_moved_away_leaves_the_dwelling_empty",
    "residents/test_review.py::test_same_doubt_in_the_next_file_is_not_raised_again",
    "residents/test_review.py::test_suspended_dwelling_is_resumed_on_its_page",
    "residents/test_review.py::test_suspended_dwelling_leaves_the_list",
    "residents/test_undo.py::test_undo_puts_every_column_back",
    "surveys/test_ballot_reports.py"
    "::test_inspector_sees_counts_and_reads_words_with_a_trace",
    "surveys/test_box_views.py::test_deadline_moves_when_another_person_agrees",
    "surveys/test_box_views.py"
    "::test_damaged_envelopes_are_listed_by_two_and_the_rest_is_opened",
    "surveys/test_comments.py"
    "::test_each_decision_leaves_its_event_without_a_word_of_the_text",
    "surveys/test_pages.py"
    "::test_a_draft_of_last_week_is_proposed_again_before_it_is_approved",
    "surveys/test_pages.py::test_a_proposal_is_withdrawn",
    "surveys/test_purging.py::test_answers_of_a_published_round_go_after_five_years",
    "surveys/test_purging.py"
    "::test_each_run_records_its_counts_and_a_second_finds_nothing",
    "surveys/test_same_transaction.py"
    "::test_no_verb_of_a_month_survives_without_its_event",
    "surveys/test_sink.py::test_a_box_with_too_few_ballots_is_tallied_unopened",
)
# What no story of these can refuse, and why that is so.
IN_STEPS = {
    "month.rolled_up": "the counting before it is a transaction of its own and stays",
    "roster.parsed": "rows are staged before it, in transactions of their own",
    "role.grant": "the name of an approval, never recorded by itself",
}
NOT_OURS = ("PYTEST_XDIST_WORKER", "DATABASE_URL", "REDIS_URL", "MINPING_VAR")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """All stories, with a recorder that fails before it works."""
    result = tmp_path_factory.mktemp("refused") / "refused.json"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "COV_")) and name not in NOT_OURS
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "tests.audit.failing_recorder"),
            *(f"tests/{story}" for story in STORIES),
        ],
        cwd=ROOT,
        env={**environment, "MINPING_REFUSED": str(result)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return json.loads(result.read_text("utf-8"))


def test_no_verb_changes_anything_without_its_event(told: dict) -> None:
    assert told["broken"] == []


DIRECT = ("alert.wrong_codes", "alert.trail_broken")
DIRECT += ("box.opened", "box.too_few", "box.opening_stopped", "checkpoint.issued")


def test_every_verb_is_in_a_story(told: dict) -> None:
    verbs = find().verbs
    refused = set(told["refused"]) | set(DIRECT) | set(IN_STEPS)
    assert sorted(verbs - refused) == []


def refused_by(act) -> list[str]:
    """The verbs that failed, one after the other, and changed nothing."""
    guard = Guard()
    guard.test = "direct"
    guard.run(act, act, (), {})
    assert guard.broken == []
    return list(guard.refused)


def test_opening_needs_all_its_events(db: None) -> None:
    box, _issued = world.closed_box()
    opened = refused_by(lambda: world.open_up(box))
    assert opened == ["box.opened", "checkpoint.issued"]
    assert world.fresh(box).state == "opened"


def test_box_with_too_few_is_not_destroyed_without_its_event(db: None) -> None:
    box, _issued = world.closed_box(*[world.KAIFENGDAO] * 3)
    assert refused_by(lambda: world.open_up(box)) == ["box.too_few"]
    assert world.fresh(box).ending == "too_few"


def test_incident_of_an_opening_is_all_or_nothing(db: None) -> None:
    box, _issued = world.closed_box()
    world.sql("UPDATE ballots_envelope SET day = day + 1 WHERE box_id = %s", box.pk)
    assert refused_by(lambda: world.stopped(box)) == ["box.opening_stopped"]


def test_close_needs_its_checkpoint(db: None) -> None:
    box, issued = world.open_with(*[world.KAIFENGDAO] * 3)
    world.vote_all(box, issued)
    assert refused_by(lambda: world.close(box)) == ["box.closed", "checkpoint.issued"]


def test_finding_of_a_walk_is_not_kept_without_its_alert(db: None) -> None:
    chains.write(3)
    chains.sql("UPDATE audit_auditevent SET actor = 'x' WHERE seq = 2")
    by, at = chains.SYSTEM, chains.NOON
    found = refused_by(lambda: verifying.verify_and_note(by=by, at=at))
    assert found == [verifying.BROKEN]


def test_alarm_of_wrong_codes_is_all_or_nothing(db: None) -> None:
    at = timezone.now()
    found = refused_by(lambda: ballot_limits.raise_alarm(at=at))
    assert found == ["alert.wrong_codes"]


def test_a_verb_that_forgot_its_transaction_would_be_found(db: None) -> None:
    """The measure measures: a row that is written beside its event stays behind."""

    def careless() -> None:
        chains.issue("daily")
        with transaction.atomic():
            record("test.done", by=chains.SYSTEM, at=chains.NOON)

    guard = Guard()
    guard.test = "direct"
    guard.run(careless, careless, (), {})
    assert [line.split()[-2] for line in guard.broken] == ["test.done"]
