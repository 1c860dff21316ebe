"""manage.py settle_order: end an order that waits for a person, after looking at the venue."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from trading.domain.order_state import OrderState
from trading.errors import WindlassError
from trading.models import Order
from trading.services import connect, human


class Command(BaseCommand):
    """Without arguments: lists the orders that wait."""

    help = "List the orders that need a person, or settle one: manage.py settle_order 7 NOT_PLACED --reason '…'"

    def add_arguments(self, parser: CommandParser) -> None:
        """The order, how it ended, why."""
        parser.add_argument("order", type=int, nargs="?", help="the order's id")
        parser.add_argument("state", choices=[state.value for state in human.CHOICES], nargs="?", help="how it ended")
        parser.add_argument("--venue-order-id", default="", help="its number at the venue, if it was placed")
        parser.add_argument("--reason", default="", help="what you saw at the venue")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or settle. Raises CommandError when the order does not wait, or a number is missing."""
        if options["order"] is None:
            return self._list()
        if not options["state"] or not options["reason"]:
            raise CommandError("Give the state and --reason: look the client order id up at the venue first.")
        to = OrderState(options["state"])
        try:
            if to in human.PLACED:
                order = Order.objects.select_related("account", "instrument").get(pk=options["order"])
                human.confirm(order, options["venue_order_id"], gateway=connect.gateway(order.account))
            human.settle(
                options["order"],
                to=to,
                operator=getpass.getuser(),
                reason=options["reason"],
                venue_order_id=options["venue_order_id"],
                now=timezone.now(),
            )
        except Order.DoesNotExist:
            raise CommandError(f"There is no order {options['order']}.") from None
        except (*human.WRONG, WindlassError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Order {options['order']} is {options['state']}.")
        return None

    def _list(self) -> None:
        rows = Order.objects.filter(state=OrderState.NEEDS_HUMAN).select_related("account", "instrument").order_by("id")
        for order in rows:
            self.stdout.write(
                f"{order.pk}  {order.account.name}  {order.instrument.symbol}  {order.side} {order.qty.normalize():f}"
                f"  client id {order.client_order_id}"
            )
        if not rows:
            self.stdout.write("No order waits for a person.")
