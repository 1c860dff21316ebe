"""What an alert comes to mean on a desk: the one way from an intent to the table of classification."""

from dataclasses import replace

from project.accounts.models import PositionMode
from signals.evaluate import Meant, Stored, evaluate
from signals.market import instruments
from signals.models import Alert
from signals.verdict import Outcome, Verdict
from trading import selectors
from trading.domain import settings as registry
from trading.domain.classify import Classification, Meaning, NoMeaning, Wanted, classify
from trading.domain.settings import EngineSettings, SettingError
from trading.domain.vocabulary import PositionSide
from trading.services.desk import Desk


def read_as_live(desk: Desk, alert: Alert) -> Meant | Stored | Verdict:
    """What the alert asks for as if its source were live, whether it is or not."""
    listed = instruments.listed(desk.account.venue, desk.account.environment)
    facts = replace(selectors.alert_facts(alert), live=True)
    try:
        return evaluate(facts, instruments=listed, max_age=lambda symbol: desk.settings(symbol).alerts.max_age)
    except SettingError as error:
        return setting_invalid(error)


def setting_invalid(error: SettingError) -> Verdict:
    """A stored setting that fails its own check refuses by name, for nobody can tell what it meant."""
    return Verdict(Outcome.SETTING_INVALID, f"{error} Correct it under Settings.")


def settings_or_defaults(desk: Desk, symbol: str) -> EngineSettings:
    """For what only shrinks or shows: a stored setting that makes no sense stops no exit and no page."""
    try:
        return desk.settings(symbol)
    except SettingError:
        return registry.resolve()


def classified(desk: Desk, meant: Meant) -> Classification:
    """The cell of the table for an alert and what is open on this desk."""
    if meant.intent.adds_only:
        return _added(desk, meant)
    intent = meant.intent
    wanted = Wanted(
        action=intent.action,
        market_position=intent.market_position,
        prev_market_position=intent.prev_market_position,
        position_size=intent.position_size,
        prev_position_size=intent.prev_position_size,
        side=intent.side,
    )
    return classify(
        wanted,
        open_sides=desk.open_sides(meant.instrument),
        derivative=meant.instrument.derivative,
        reverse_on_opposite=settings_or_defaults(desk, meant.instrument.symbol).alerts.reverse_on_opposite,
        hedge=desk.account.position_mode == PositionMode.HEDGE,
    )


def _added(desk: Desk, meant: Meant) -> Classification:
    """One more pyramid of the position that is open, on the side the alert names or the only one; it never opens one."""
    named = meant.intent.market_position
    sides = [
        side
        for side in sorted(desk.open_sides(meant.instrument))
        if (named is None or side == PositionSide(named.name))
        and desk.group_for(meant.instrument, meant.timeframe_secs, side)
    ]
    if len(sides) == 1:
        return Classification(Meaning.PYRAMID, side=sides[0])
    code = NoMeaning.AMBIGUOUS_SIDE if sides else NoMeaning.NOTHING_TO_ADD_TO
    return Classification(Meaning.NONE, code=code)
