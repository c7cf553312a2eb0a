"""What keeps a person's words from leaving now, said before they are sent."""

from datetime import datetime

from django.utils.translation import gettext as _

from healthmsg.clinic.models import Phone
from whatsapp import lifting, seats
from whatsapp.models import Portfolio, Sender, Switch


def stopped(sender: Sender, *, is_fresh: bool = False) -> str:
    """
    Return why nothing leaves this number of ours at the moment, "" where something does.

    :param is_fresh: it was read just now, with its account and portfolio
    """
    if not is_fresh:
        sender = Sender.objects.select_related("account__portfolio").get(pk=sender.pk)
    everything = Switch.objects.filter(name=Switch.Name.EVERYTHING, held_at__isnull=False).first()
    held = next(
        (
            row
            for row in (everything, sender.account.portfolio, sender.account, sender)
            if row is not None and row.held_at is not None
        ),
        None,
    )
    if held is None:
        return ""
    if why := lifting.why(held).rstrip("."):
        return _("Nothing leaves our number at the moment: %(why)s.") % {"why": why}
    return _("Nothing leaves our number at the moment; somebody has stopped it.")


def day_is_full(sender: Sender, phone: Phone, *, now: datetime, holds: bool = True) -> str:
    """
    Return why nobody new may be written to today, "" where they may.

    :param holds: keep the limit until the transaction ends, so that nobody else takes the last
        place; a page that only shows holds nothing
    """
    if phone.pk not in seats.without(sender, [phone.pk], now=now):
        return ""
    portfolio = sender.account.portfolio
    if holds:
        portfolio = Portfolio.objects.select_for_update(no_key=True).get(pk=portfolio.pk)
    left = seats.of(portfolio, now=now).for_reminders
    if left is None or left > 0:
        return ""
    return _(
        "WhatsApp lets us write first to %(limit)s people in 24 hours, and so many have been"
        " written to. Call instead, or try again later."
    ) % {"limit": f"{portfolio.daily_limit:,}"}
