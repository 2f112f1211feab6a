"""Who may do what to a round: the one function that decides 404 or 403 (T85)."""

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404

from accounts.access import get_within, today, within_or_refused
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from surveys.models import Countersignature, Round, SampledHousehold, SlipBatch


def get_round_for(user: User, code: str, permission: Permission) -> Round:
    rounds = Round.objects.select_related(
        "division", "questionnaire", "snapshot", "box", "created_by", "approved_by"
    )
    return get_within(
        rounds, user, permission, code_field="division_id", on=today(), code=code
    )


def get_batch_for(user: User, pk: UUID, permission: Permission) -> SlipBatch:
    return get_within(
        SlipBatch.objects.select_related("round"),
        user,
        permission,
        code_field="round__division_id",
        on=today(),
        pk=pk,
    )


def get_sampled_for(user: User, pk: UUID, permission: Permission) -> SampledHousehold:
    """A released household of a round; reserves are nobody's business (M18)."""
    return get_within(
        SampledHousehold.objects.released().select_related("stratum__draw__round"),
        user,
        permission,
        code_field="stratum__draw__round__division_id",
        on=today(),
        pk=pk,
    )


# Who proposes an act, and so may print or withdraw it.
PROPOSES = {
    Countersignature.Act.ANNUL: Permission.ROUND_PREPARE,
    Countersignature.Act.REISSUE_BATCH: Permission.CODE_ISSUE,
    Countersignature.Act.REISSUE_CODE: Permission.CODE_ISSUE,
    Countersignature.Act.VOID_CODE: Permission.CODE_VOID,
    Countersignature.Act.ACCEPT_INVALID: Permission.BOX_SETUP,
    Countersignature.Act.LIST_TAMPERED: Permission.BOX_SETUP,
    Countersignature.Act.MOVE_DEADLINE: Permission.BOX_SETUP,
}
# Who agrees: what touches the box, its codes or its keys is BOX_APPROVE (T12, T23).
AGREES = dict.fromkeys(PROPOSES, Permission.BOX_APPROVE) | {
    Countersignature.Act.ANNUL: Permission.ROUND_APPROVE
}


def get_act_for(
    user: User, pk: UUID, holders: Mapping[Countersignature.Act, Permission] = PROPOSES
) -> Countersignature:
    """A proposed act, for who proposes such acts, or for who agrees to them."""
    act = Countersignature.objects.select_related("round").filter(pk=pk).first()
    if act is None:
        raise Http404
    needed = holders[Countersignature.Act(act.act)]
    within_or_refused(user, needed, act.round.division_id, on=today())
    return act


def abilities(user: User, survey_round: Round) -> dict[str, bool]:
    """Permission -> held at the round's division: what the page offers."""
    code = survey_round.division_id
    return {
        permission.value: scopes_of(user, permission, on=today()).cover(code)
        for permission in (
            Permission.ROUND_PREPARE,
            Permission.ROUND_APPROVE,
            Permission.CODE_ISSUE,
            Permission.CODE_VOID,
            Permission.BOX_SETUP,
        )
    }
