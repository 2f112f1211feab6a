"""Dwellings and the households that live in them, one after the other (domain 3.2)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division

# Encrypted columns of a household (T97); read only through residents.privacy.
PERSONAL_FIELDS = ("head_name", "phone", "phone_alt", "landline", "note")
MARK_LENGTH = 16


class ResidenceStatus(models.TextChoices):
    RESIDENT = "resident", _("常住")
    RENTED = "rented", _("出租")
    VACANT = "vacant", _("空置")
    UNVERIFIED = "unverified", _("待核实")


class DwellingQuerySet(models.QuerySet["Dwelling"]):
    def within(self, scopes: Scopes) -> "DwellingQuerySet":
        return self.filter(scopes.q("community__code"))

    def under(self, code: str) -> "DwellingQuerySet":
        """In the division with this code and in all below it."""
        return self.filter(community__code__startswith=code)


class Dwelling(models.Model):
    """房屋: one door. It may be vacant; no import ever deletes it."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("在用")
        SUSPENDED = "suspended", _("停用")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whoever writes dwellings checks all their communities at once (ADR 0013).
    community = models.ForeignKey(
        Division,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("社区"),
    )
    compound = models.CharField(_("小区名称"), max_length=60)
    building = models.CharField(_("楼栋"), max_length=30)
    unit = models.CharField(_("单元"), max_length=30, blank=True)
    room = models.CharField(_("房号"), max_length=30)
    # community|compound|building|unit|room after the clean-up of domain 5.3.
    address_key = models.CharField(_("地址键"), max_length=180)
    grid = models.CharField(_("网格"), max_length=60, blank=True)
    status = models.CharField(
        _("状态"), max_length=10, choices=Status, default=Status.ACTIVE
    )

    objects = DwellingQuerySet.as_manager()

    class Meta:
        verbose_name = _("房屋")
        verbose_name_plural = _("房屋")
        # Doors are found by their key, which begins with the community.
        indexes = (
            models.Index(
                fields=["community"],
                condition=Q(status="suspended"),
                name="dwelling_suspended",
                opclasses=["varchar_pattern_ops"],
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["address_key"], name="dwelling_address_key_once"
            ),
            models.CheckConstraint(
                condition=Q(address_key__startswith=F("community_id")),
                name="dwelling_key_in_community",
            ),
            models.CheckConstraint(
                condition=~Q(compound="") & ~Q(building="") & ~Q(room=""),
                name="dwelling_has_address",
            ),
        )

    def __str__(self) -> str:
        return f"{self.compound}{self.building}{self.unit}{self.room}"


class HouseholdQuerySet(models.QuerySet["Household"]):
    def within(self, scopes: Scopes) -> "HouseholdQuerySet":
        return self.filter(scopes.q("community__code"))

    def under(self, code: str) -> "HouseholdQuerySet":
        """Of the division with this code and of all below it."""
        return self.filter(community__code__startswith=code)

    def current(self) -> "HouseholdQuerySet":
        """The one household of each dwelling that lives there now."""
        return self.exclude(current_slot=None)


class Household(models.Model):
    """户: who lives, or owns, behind one door for one period."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whoever writes households checks all their dwellings at once (ADR 0013).
    dwelling = models.ForeignKey(
        Dwelling,
        models.PROTECT,
        related_name="households",
        db_constraint=False,
        verbose_name=_("房屋"),
    )
    # The dwelling's, repeated: every large table carries its community.
    community = models.ForeignKey(
        Division,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("社区"),
    )
    head_name = models.BinaryField(_("户主姓名"), default=b"")
    phone = models.BinaryField(_("联系电话"), default=b"")
    phone_alt = models.BinaryField(_("备用电话"), default=b"")
    landline = models.BinaryField(_("固定电话"), default=b"")
    note = models.BinaryField(_("备注"), default=b"")
    resident_count = models.PositiveSmallIntegerField(
        _("居住人数"), null=True, blank=True
    )
    residence_status = models.CharField(
        _("居住状态"), max_length=10, choices=ResidenceStatus
    )
    moved_in = models.DateField(_("入住日期"), null=True, blank=True)
    since = models.DateField(_("入册日期"))
    until = models.DateField(_("离开日期"), null=True, blank=True)
    # Name and numbers were removed because the household has asked (T103).
    erased_on = models.DateField(_("删去日期"), null=True, blank=True)
    # Which of them it has given again itself since; no file writes any (ADR 0017).
    given = models.CharField(
        _("删去后本人补报的"), max_length=30, blank=True, default="", db_default=""
    )
    needs_review = models.BooleanField(_("待核实"), default=False)
    review_codes = models.TextField(_("待核实原因"), blank=True)
    # Answered by a person: the same doubt in a later file is not raised again.
    settled_codes = models.TextField(
        _("已核实的原因"), blank=True, default="", db_default=""
    )
    # Equality of the full number and nothing else (T98).
    phone_index = models.BinaryField(max_length=MARK_LENGTH, null=True)
    # Keyed hashes bound to the address, so that SQL tells unchanged from changed
    # without opening a name; equal names in two dwellings have different marks.
    fingerprint = models.BinaryField(max_length=MARK_LENGTH)
    head_mark = models.BinaryField(max_length=MARK_LENGTH)
    contact_mark = models.BinaryField(max_length=MARK_LENGTH)
    index_algorithm_id = models.CharField(max_length=20)
    index_key_id = models.PositiveSmallIntegerField()
    # The dwelling's id while this household lives there: one at a time.
    current_slot = models.UUIDField(null=True, unique=True, editable=False)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("住户")
        verbose_name_plural = _("住户")
        indexes = (
            # The operator class answers for one community and all below a prefix.
            models.Index(
                fields=["community", "residence_status"],
                name="household_frame",
                opclasses=["varchar_pattern_ops", "varchar_ops"],
            ),
            models.Index(
                fields=["community"],
                name="household_erased",
                opclasses=["varchar_pattern_ops"],
                condition=Q(erased_on__isnull=False),
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="household_leaves_after_coming",
            ),
            models.CheckConstraint(
                # A comparison with NULL is not false: say that the slot is there.
                condition=Q(until=None, current_slot__isnull=False)
                & Q(current_slot=F("dwelling_id"))
                | Q(until__isnull=False, current_slot=None),
                name="household_current_until_left",
            ),
            models.CheckConstraint(
                condition=Q(residence_status__in=ResidenceStatus.values),
                name="household_status_known",
            ),
            models.CheckConstraint(
                condition=Q(needs_review=True) | Q(review_codes=""),
                name="household_review_has_flag",
            ),
            models.CheckConstraint(
                condition=Q(erased_on=None)
                | Q(phone_alt=b"", note=b"")
                & (Q(head_name=b"") | Q(given__contains="head"))
                & (Q(phone=b"", phone_index=None) | Q(given__contains="phone"))
                & (Q(landline=b"") | Q(given__contains="landline")),
                name="household_erased_keeps_nothing",
            ),
            models.CheckConstraint(
                condition=Q(given="") | Q(erased_on__isnull=False),
                name="household_given_after_erasure",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_current(self) -> bool:
        return self.until is None
