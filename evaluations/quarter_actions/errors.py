"""Every refusal of the verbs of the quarter."""

from collections.abc import Collection


class QuarterError(Exception):
    """A verb of regular assessment was refused."""


class NotInForce(QuarterError):
    """The scheme is a draft, retired, or of another kind."""


class MonthIsOpen(QuarterError):
    """The month was opened before; it is opened once (W1)."""


class MonthsGoInOrder(QuarterError):
    """A later month was opened already, or an earlier quarter is not final."""


class AssessedTwice(QuarterError):
    """Appointments with an open month of another scheme; `appointments` names them."""

    def __init__(self, appointments: Collection[str]) -> None:
        super().__init__(", ".join(appointments))
        self.appointments = list(appointments)


class WrongState(QuarterError):
    """What the page showed has moved on."""


class NoSuchIndicator(QuarterError):
    """Not in this sheet: absent, of residents, or unknown."""


class AlreadyEntered(QuarterError):
    """A figure is never edited; it is adjusted by two (domain 3.7)."""


class FigureOutOfRange(QuarterError):
    """Below 0, or above the full mark."""


class EvidenceUnfit(QuarterError):
    """No evidence, or a kind that the scheme does not list for the indicator."""


class OwnFigure(QuarterError):
    """Nobody enters, reviews or decides about himself (G10)."""


class MonthIsRunning(QuarterError):
    """A month is reviewed when it is over."""


class QuarterIsRanked(QuarterError):
    """Computed once: after it only an upheld appeal changes something (W5)."""


class MonthsNotReviewed(QuarterError):
    """Not all three months are reviewed; `months` names those that wait (W5)."""

    def __init__(self, months: Collection[str]) -> None:
        super().__init__(", ".join(months))
        self.months = list(months)


class PublicityRuns(QuarterError):
    """The publicity period is not over."""


class AppealsOpen(QuarterError):
    """Residents' ratings inside the quarter are under appeal; `communities` of them."""

    def __init__(self, communities: Collection[str]) -> None:
        super().__init__(", ".join(communities))
        self.communities = list(communities)


class NotFinal(QuarterError):
    """Proposals follow from final quarters only."""


class ColorsAreProposed(QuarterError):
    """The colours of the quarter were worked out before."""


class NotHeard(QuarterError):
    """A removal is not approved before the person was heard (G9)."""


class SamePerson(QuarterError):
    """The second approval is another person's."""


class NotByRule(QuarterError):
    """The rule of the scheme does not name this further measure."""


class MeasureStands(QuarterError):
    """The same measure follows from the same quarter already."""


class ReasonMissing(QuarterError):
    """A decision has its record, a refusal its reason (G11)."""
