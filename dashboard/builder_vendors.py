"""Other platforms' messages, one function each, as their users write them. Secrets stay blank words: the address proves.

What a platform cannot say is refused in words, with the format that can.
"""

from dashboard.builder_parts import Act, Cannot, Named, Size, SizeKind, as_json, entering, no_stop, pick, unit

ANY_WORD = "any-word"
# Where a platform's message must carry a secret: the webhook's address proves the sender, so any word will do.
LONG, SHORT, EXIT, BY_STRATEGY = Act.LONG, Act.SHORT, Act.EXIT, Act.STRATEGY
BOTH = {Act.EXIT_LONG: "long", Act.EXIT_SHORT: "short"}


def threecommas_strategy(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A signal bot of the strategy type."""
    who = "A 3Commas strategy bot"
    pick(act, {BY_STRATEGY: ""}, who)
    no_stop(stop, who)
    return as_json(
        {
            **_signal_bot(named),
            "action": named("order_action"),
            "strategy_info": {
                "market_position": named("position"),
                "market_position_size": named("position_size"),
                "prev_market_position": named("prev_position"),
                "prev_market_position_size": named("prev_position_size"),
            },
            "order": _order(size, who) or {"amount": named("contracts"), "currency_type": "base"},
        }
    )


def threecommas_custom(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A signal bot of the custom type."""
    who = "A 3Commas signal bot"
    table = {LONG: "enter_long", SHORT: "enter_short", Act.EXIT_LONG: "exit_long", Act.EXIT_SHORT: "exit_short"}
    action = pick(act, table, who)
    stops = {"enabled": True, "order_type": "market", "trigger_price_percent": entering(act, stop)} if stop else {}
    return as_json({**_signal_bot(named), "action": action, "order": _order(size, who), "stop_loss": stops})


def _signal_bot(named: Named) -> dict[str, str]:
    return {
        "secret": ANY_WORD,
        "max_lag": "300",
        "timestamp": named("timenow"),
        "trigger_price": named("close"),
        "tv_exchange": named("exchange"),
        "tv_instrument": named("ticker"),
        "bot_uuid": "my-bot",
    }


CURRENCIES = {
    SizeKind.QUOTE: "quote",
    SizeKind.BASE: "base",
    SizeKind.PCT_FREE: "margin_percent",
    SizeKind.PCT_POSITION: "position_percent",
}


def _order(size: Size | None, who: str) -> dict[str, str]:
    kind, amount = unit(size, CURRENCIES, who)
    return {"amount": amount, "currency_type": kind} if kind else {}


def threecommas_dca(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A DCA bot; it trades long only."""
    who = "A 3Commas DCA bot"
    action = pick(act, {LONG: "", Act.ADD: "add_funds_in_quote", EXIT: "close_at_market_price"}, who)
    no_stop(stop, who)
    _, volume = unit(size, {SizeKind.QUOTE: "quote"} if act is Act.ADD else {}, who)
    if act is Act.ADD and not volume:
        raise Cannot("Say how much to add, in quote: 50 USDT.", "size")
    fields = {"message_type": "bot", "bot_id": 1, "email_token": ANY_WORD, "delay_seconds": 0, "pair": named("ticker")}
    return as_json({**fields, "action": action, "volume": volume})


INVESTMENTS = {
    SizeKind.BASE: "base",
    SizeKind.CONTRACTS: "contract",
    SizeKind.QUOTE: "margin",
    SizeKind.PCT_FREE: "percentage_balance",
    SizeKind.PCT_EQUITY: "percentage_investment",
    SizeKind.PCT_POSITION: "percentage_position",
}


def okx(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """The OKX signal bot."""
    who = "The OKX signal bot"
    kind, amount = unit(size, INVESTMENTS, who)
    no_stop(stop, who)
    entries = {LONG: "ENTER_LONG", SHORT: "ENTER_SHORT", Act.EXIT_LONG: "EXIT_LONG", Act.EXIT_SHORT: "EXIT_SHORT"}
    by_strategy = {"marketPosition": named("position"), "prevMarketPosition": named("prev_position")}
    said = {"action": pick(act, {**entries, BY_STRATEGY: named("order_action")}, who)}
    return as_json(
        {
            **said,
            **(by_strategy if act is BY_STRATEGY else {}),
            "instrument": named("ticker"),
            "signalToken": ANY_WORD,
            "timestamp": named("timenow"),
            "maxLag": "60",
            "investmentType": kind,
            "amount": amount,
        }
    )


def wundertrading(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A code with, where there is more to say, fields beside it; percentages there are fractions."""
    who = "WunderTrading"
    table = {LONG: "ENTER-LONG", SHORT: "ENTER-SHORT", EXIT: "EXIT-ALL", Act.EXIT_LONG: "EXIT-LONG"}
    action = pick(act, {**table, Act.EXIT_SHORT: "EXIT-SHORT"}, who)
    kinds = {
        SizeKind.QUOTE: "quote",
        SizeKind.BASE: "base",
        SizeKind.CONTRACTS: "contracts",
        SizeKind.PCT_EQUITY: "percents",
    }
    kind, amount = unit(size, kinds, who)
    code = f"{action}_{named('exchange')}_{named('ticker')}_my bot_{named('interval')}M_0123456789abcdef01234567"
    amounts = {"amountPerTradeType": kind, "amountPerTrade": _fraction(amount) if kind == "percents" else amount}
    stops = {"priceDeviation": _fraction(entering(act, stop))} if stop else {}
    return as_json({"code": code, **(amounts if kind else {}), "stopLoss": stops})


def _fraction(percent: str) -> str:
    """25 as 0.25."""
    digits = percent.partition(".")
    return (
        f"0.{digits[0].zfill(2)}{digits[2]}" if len(digits[0]) < 3 else f"{digits[0][:-2]}.{digits[0][-2:]}{digits[2]}"
    )


def altrady(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """Altrady's webhook."""
    who = "Altrady"
    table = {LONG: ("open", "long"), SHORT: ("open", "short"), EXIT: ("close", "")}
    sides = {side: ("close", name) for side, name in BOTH.items()}
    action, side = pick(act, {**table, **sides, Act.REDUCE: ("reduce", "")}, who)
    kinds = {SizeKind.QUOTE: "quote_amount", SizeKind.BASE: "base_amount", SizeKind.PCT_POSITION: "position_percentage"}
    kind, amount = unit(size, kinds, who)
    if act is Act.REDUCE and not kind:
        raise Cannot("Say how much: 50% position.", "size")
    stops = {"stop_percentage": entering(act, stop), "order_type": "market"} if stop else {}
    proofs = {"api_key": ANY_WORD, "api_secret": ANY_WORD}
    fields = {**proofs, "action": action, "exchange": named("exchange"), "symbol": named("ticker"), "side": side}
    return as_json({**fields, "signal_price": named("close"), **({kind: amount} if kind else {}), "stop_loss": stops})


def algoway(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """AlgoWay's webhook."""
    who = "AlgoWay"
    table = {BY_STRATEGY: named("order_action"), LONG: "long", SHORT: "short", EXIT: "flat"}
    action = pick(act, {**table, Act.EXIT_LONG: "flat", Act.EXIT_SHORT: "flat"}, who)
    _, amount = unit(size, {SizeKind.CONTRACTS: "", SizeKind.BASE: ""}, who)
    no_stop(stop, who)
    contracts = amount or (named("contracts") if act is BY_STRATEGY else "")
    fields = {"platform_name": "windlass", "ticker": named("ticker"), "order_action": action}
    return as_json({**fields, "order_contracts": contracts, "price": named("close"), "close_side": BOTH.get(act, "")})


STRATEGY_ONLY = {
    BY_STRATEGY: (None, None, None),
    LONG: ("buy", "long", "flat"),
    SHORT: ("sell", "short", "flat"),
}


def tv_strategy(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """Placeholders in objects, as many scripts send them."""
    who = "This format"
    action, position, before = pick(act, STRATEGY_ONLY, who)
    _, amount = unit(size, {SizeKind.BASE: ""}, who)
    no_stop(stop, who)
    bar = {"time": named("time"), "open": named("open"), "high": named("high"), "low": named("low")}
    strategy = {
        "order_action": action or named("order_action"),
        "order_contracts": amount or named("contracts"),
        "order_price": named("order_price"),
        "order_id": named("order_id"),
        "market_position": position or named("position"),
        "prev_market_position": before or named("prev_position"),
    }
    fields = {"time": named("timenow"), "exchange": named("exchange"), "ticker": named("ticker")}
    return as_json(
        {**fields, "interval": named("interval"), "bar": {**bar, "close": named("close")}, "strategy": strategy}
    )


def bridge(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """Hyphenated names under `data`."""
    who = "This format"
    action = pick(act, {BY_STRATEGY: named("order_action"), LONG: "buy", SHORT: "sell"}, who)
    _, amount = unit(size, {SizeKind.BASE: ""}, who)
    no_stop(stop, who)
    data = {"strategy-order-action": action, "strategy-order-price": named("close"), "ticker": named("ticker")}
    before = {"strategy-prev_market_position": named("prev_position")} if act is BY_STRATEGY else {}
    contracts = {"strategy-order-contracts": amount} if amount else {}
    return as_json({"key": ANY_WORD, "data": {**data, "timenow": named("timenow"), **before, **contracts}})


QUANTITIES = {
    SizeKind.BASE: "fixed_quantity",
    SizeKind.QUOTE: "dollar_amount",
    SizeKind.RISK_QUOTE: "risk_dollar_amount",
    SizeKind.RISK_PCT: "risk_percent",
    SizeKind.PCT_EQUITY: "percent_of_equity",
    SizeKind.PCT_POSITION: "percent_of_position",
}


def traderspost(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """TradersPost's webhook."""
    who = "TradersPost"
    table = {LONG: ("buy", "bullish"), SHORT: ("sell", "bearish"), EXIT: ("exit", ""), Act.ADD: ("add", "")}
    action, sentiment = pick(act, {**table, BY_STRATEGY: (named("order_action"), named("position"))}, who)
    kind, amount = unit(size, QUANTITIES, who)
    stops = {"type": "stop", "percent": entering(act, stop)} if stop else {}
    times = {"time": named("timenow"), "interval": named("interval"), "signalPrice": named("close")}
    fields = {"ticker": named("ticker"), "action": action, "sentiment": sentiment, **times}
    return as_json({**fields, "quantity": amount, "quantityType": kind, "stopLoss": stops})


def finandy(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """Finandy's hook."""
    who = "Finandy"
    table = {BY_STRATEGY: (named("order_action"), ""), LONG: ("buy", "both"), SHORT: ("sell", "both")}
    leaves = {EXIT: ("sell", "flat"), Act.EXIT_LONG: ("sell", "long"), Act.EXIT_SHORT: ("buy", "short")}
    side, hook = pick(act, {**table, **leaves}, who)
    kinds = {
        SizeKind.QUOTE: "quote",
        SizeKind.BASE: "base",
        SizeKind.CONTRACTS: "contracts",
        SizeKind.PCT_FREE: "percent",
    }
    kind, amount = unit(size, kinds, who)
    opens = {"amountType": kind, "amount": amount} if kind else {}
    stops = {"percent": entering(act, stop)} if stop else {}
    fields = {"name": "my hook", "secret": ANY_WORD, "side": side, "symbol": named("ticker"), "positionSide": hook}
    return as_json({**fields, "open": opens, "sl": stops})


def freqtrade(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """The body of freqtrade's forceenter."""
    who = "freqtrade's message"
    side = pick(act, {LONG: "long", SHORT: "short"}, who)
    _, stake = unit(size, {SizeKind.QUOTE: ""}, who)
    no_stop(stop, who)
    fields = {"pair": named("ticker"), "side": side, "price": named("close"), "ordertype": "limit"}
    return as_json({**fields, "stakeamount": stake, "entry_tag": "tradingview"})


def octobot(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """OctoBot's lines."""
    who = "OctoBot"
    table = {LONG: ("BUY", ""), SHORT: ("SELL", ""), Act.EXIT_LONG: ("SELL", "true"), Act.EXIT_SHORT: ("BUY", "true")}
    signal, reduces = pick(act, {**table, BY_STRATEGY: (named("order_action"), "")}, who)
    kind, amount = unit(size, {SizeKind.BASE: "{}", SizeKind.PCT_EQUITY: "{}%", SizeKind.PCT_FREE: "{}a%"}, who)
    sign = "" if act is SHORT else "-"
    lines = {"EXCHANGE": named("exchange"), "SYMBOL": named("ticker"), "SIGNAL": signal, "REDUCE_ONLY": reduces}
    lines |= {"VOLUME": kind.format(amount), "STOP_PRICE": f"{sign}{entering(act, stop)}%" if stop else ""}
    return "\n".join(f"{name}={value}" for name, value in lines.items() if value)


def alertatron(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A block of commands."""
    who = "Alertatron"
    side = pick(act, {LONG: "buy", SHORT: "sell", EXIT: "", BY_STRATEGY: named("order_action")}, who)
    if act is EXIT:
        no_stop(stop, who)
        return f"MyKeys({named('ticker')}) {{ close(); }}"
    kinds = {
        SizeKind.CONTRACTS: "{}",
        SizeKind.PCT_EQUITY: "{}%",
        SizeKind.PCT_FREE: "{}%%",
        SizeKind.PCT_POSITION: "{}%p",
    }
    kind, amount = unit(size, kinds, who)
    if not kind:
        raise Cannot("Its orders name an amount: 25% free, 1% equity.", "size")
    if stop and act is BY_STRATEGY:
        raise Cannot("Its stop names a side: choose Enter long or Enter short.", "stop_pct")
    against = "sell" if act is LONG else "buy"
    stops = f" stop(side={against}, amount=100%p, offset={stop}%);" if stop else ""
    return f"MyKeys({named('ticker')}) {{ market(side={side}, amount={kind.format(amount)});{stops} }}"


def pineconnector(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A licence's number, a command, the rest."""
    who = "PineConnector"
    table = {LONG: "closeshortbuy", SHORT: "closelongsell", EXIT: "closelongshort", BY_STRATEGY: named("order_action")}
    command = pick(act, {**table, Act.EXIT_LONG: "closelong", Act.EXIT_SHORT: "closeshort"}, who)
    kind, amount = unit(size, {SizeKind.RISK_PCT: "{}", SizeKind.BASE: "{} base", SizeKind.QUOTE: "{} quote"}, who)
    risk = f"risk={kind.format(amount)}" if kind else ""
    level = f"sl={entering(act, stop)}%" if stop else ""
    return ",".join(filter(None, ("60123456789", command, named("ticker"), risk, level)))


def csv_line(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """Symbol, order, price, quantity."""
    who = "One line of values"
    action = pick(act, {LONG: "long", SHORT: "short", EXIT: "exit", BY_STRATEGY: named("order_action")}, who)
    _, amount = unit(size, {SizeKind.BASE: ""}, who)
    no_stop(stop, who)
    return ",".join(filter(None, (named.symbol, action, named("close"), amount)))


def cornix(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A signal as people write it into a channel; its entries name prices of stops, which a chart's alert cannot know."""
    who = "A Cornix signal with its stop as a distance is none: it names prices, by hand. It"
    pick(act, {EXIT: ""}, who)
    no_stop(stop, "Cornix")
    return f"Close {named('base')}/{named('quote')}"


def generic(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A flat body in plain words."""
    who = "A body in plain words"
    table = {BY_STRATEGY: named("order_action"), LONG: "long", SHORT: "short", EXIT: "exit"}
    side = pick(act, {**table, Act.EXIT_LONG: "exit_long", Act.EXIT_SHORT: "exit_short"}, who)
    kinds = {SizeKind.BASE: "{} base", SizeKind.QUOTE: "{} quote", SizeKind.PCT_EQUITY: "{}% equity"}
    kind, amount = unit(size, {**kinds, SizeKind.PCT_FREE: "{}% free", SizeKind.RISK_PCT: "{}% risk"}, who)
    stops = f"{entering(act, stop)}%" if stop else ""
    fields = {"symbol": named.symbol, "side": side, "size": kind.format(amount), "price": named("close"), "sl": stops}
    position = {"market_position": named("position")} if act is BY_STRATEGY else {}
    return as_json({**fields, **position, "interval": named("interval"), "timestamp": named("timenow")})
