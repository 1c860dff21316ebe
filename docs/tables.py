"""The documents' tables, each from the module that rules it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from dashboard.ailments import ADVICE
from dashboard.words import HEALTH_WORDS
from docs import diagram, facts, words
from docs.words import Explained
from project.services.options import PORTS
from project.services.stack import PARTS
from risk.domain.checks import CHECKS
from risk.domain.denial import WORDS, DenialCode
from risk.domain.offset_words import OFFSET_WORDS, OffsetCode
from signals.verdict import Outcome
from trading import webhook_replies
from trading.domain.classify import TABLE, Classification, Meaning, NoMeaning, Open, Row
from trading.domain.order_state import RESTING, TERMINAL, TRANSITIONS, UNDECIDED, OrderState
from trading.domain.refusal import plain
from trading.domain.settings import GROUPS, REGISTRY, as_text
from trading.domain.settings_kinds import Kind, Setting
from trading.webhook_replies import Reply

Coded = tuple[str, str, str, str]
# A code, where it is met, what it means, what to do.

# How a kind without range and choices is written.
SHAPES: Mapping[Kind, str] = {
    Kind.BOOL: "`on`, `off`",
    Kind.DURATION: "a duration",
    Kind.LABELS: "name=label, …",
    Kind.LEGS: "legs, see above",
    Kind.NETWORKS: "addresses, networks",
    Kind.SIZE: "a size, see above",
    Kind.TEXTS: "a list",
    Kind.TIERS: "four rising numbers",
}
# Given by signals/symbols.py under these texts.
SYMBOL_CODES = frozenset({Outcome.AMBIGUOUS_SYMBOL, Outcome.UNKNOWN_SYMBOL})

PAGE_ONLY = "On the page only; the sender is told `UNAUTHORIZED`."


class Mismatch(Exception):
    """The words and the code name different things."""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in row) + " |" for row in lines)


def cell(value: object) -> str:
    """A value that breaks no table."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def same(what: str, said: Collection[str], known: Collection[str]) -> None:
    """Raise Mismatch unless words and code name the same things."""
    lacking, left_over = sorted(set(known) - set(said)), sorted(set(said) - set(known))
    if lacking or left_over:
        raise Mismatch(f"docs/words.py, {what}: lacking {lacking}, left over {left_over}")


# outcomes ----------------------------------------------------------------------------------------


def outcomes() -> str:
    """Outcomes of floors 2 and 4."""
    same("OUTCOMES", words.OUTCOMES, [str(code) for code in Outcome])
    used = [code for code in Outcome if is_given(code)]
    unused = [code for code in Outcome if code not in used]
    return explained(words.OUTCOMES, [str(code) for code in used]) + reserved(unused)


def is_given(code: Outcome) -> bool:
    """Whether an alert can get this outcome now."""
    by_name = facts.given(code, enum="Outcome", home="signals/verdict.py")
    return by_name or code in SYMBOL_CODES or code in facts.refusals()


def meaningless() -> str:
    """Codes of classification."""
    same("MEANINGLESS", words.MEANINGLESS, [str(code) for code in NoMeaning])
    return explained(words.MEANINGLESS, [str(code) for code in NoMeaning])


def plans() -> str:
    """Codes of planning."""
    codes = facts.refusals() - {str(code) for code in (*Outcome, *NoMeaning)}
    same("PLANS", words.PLANS, codes)
    return explained(words.PLANS, sorted(codes))


def explained(said: Mapping[str, Explained], codes: Iterable[str]) -> str:
    """Code, sentence, what to do."""
    rows = ((f"`{code}`", said[code].sentence, said[code].mend) for code in codes)
    return table(("code", "what happened", "what to do"), rows)


def reserved(codes: Sequence[str]) -> str:
    """A line for codes that nothing gives yet."""
    listed = ", ".join(f"`{code}`" for code in codes)
    return f"\n\nReserved, given by nothing in this version: {listed}." if codes else ""


def denials() -> str:
    """The gate's and the sizing's codes, with the sentences that page and log show; what is an outcome stands there."""
    used = [code for code in DenialCode if denies(code)]
    taken = {str(outcome) for outcome in Outcome}
    unused = [code for code in DenialCode if code not in used and str(code) not in taken]
    rows = ((f"`{code}`", denial_sentence(code), WORDS[code].advice) for code in used)
    return table(("code", "what happened", "what to do"), rows) + reserved(unused)


def denies(code: DenialCode) -> bool:
    """Whether anything gives the code; DATA_MISSING has a function of its own, which every check uses."""
    return code is DenialCode.DATA_MISSING or facts.given(code, enum="DenialCode", home="risk/domain/denial.py")


def denial_sentence(code: DenialCode) -> str:
    """The sentence with its places named."""
    said = WORDS[code]
    unit = f" {said.unit}" if said.unit and said.unit != "%" else said.unit
    return said.sentence.format(subject="‹subject›", value="‹value›", limit="‹limit›", unit=unit)


def checks() -> str:
    """The gate's checks in their order."""
    rows = (
        (
            number,
            f"`{check.name}`",
            check.layer,
            (check.run.__doc__ or "").splitlines()[0],
            "no" if check.entries_only else "yes",
        )
        for number, check in enumerate(CHECKS, 1)
    )
    return table(("#", "check", "layer", "passes when", "asked of exits too"), rows) + unasked()


def unasked() -> str:
    """A line for checks whose facts nothing gives yet."""
    asked = facts.gives_venue_facts()
    names = ", ".join(f"`{check.name}`" for check in CHECKS if "venue" in check.asks.__name__)
    return (
        ""
        if asked or not names
        else f"\n\nWritten, and not asked yet, because nothing hands them their facts: {names}."
    )


def door() -> str:
    """What the door answers when it does not take an alert."""
    replies = [value for value in vars(webhook_replies).values() if isinstance(value, Reply)]
    rows = [(f"`{r.body['code']}`", str(r.status), str(r.body["message"]), "–") for r in replies]
    taken = {row[0] for row in rows}
    rows += [
        (f"`{code}`", "503 / 429" if code == "RATE_LIMITED" else "503", said.sentence, said.mend)
        for code, said in words.DOOR.items()
        if f"`{code}`" not in taken
    ]
    rows += [(f"`{code}`", "401", f"{said.sentence} {PAGE_ONLY}", said.mend) for code, said in unproven().items()]
    return table(("code", "status", "message", "what to do"), sorted(rows))


def unproven() -> Mapping[str, Explained]:
    """Why a sender was not believed, which only the page says."""
    same("UNPROVEN", words.UNPROVEN, facts.unproven())
    return words.UNPROVEN


def ailments() -> str:
    """What holds an account back, as its panel on the page says it."""
    same("ADVICE", ADVICE, HEALTH_WORDS)
    rows = ((f"`{code}`", HEALTH_WORDS[code], said.works, said.mend) for code, said in sorted(ADVICE.items()))
    return table(("code", "what is wrong", "what still works", "what to do"), rows)


def every_code() -> str:
    """All codes that a person can meet, by name: where, what it means, what to press."""
    rows = sorted([*outcome_rows(), *denial_rows(), *door_rows(), *ailment_rows()])
    return table(("code", "you see it at", "it means", "what to do"), rows)


def outcome_rows() -> Iterator[Coded]:
    """Outcomes that ask for something, meanings of nothing, refusals of a plan."""
    given = {str(code): words.OUTCOMES[str(code)] for code in Outcome if is_given(code)}
    asking = {code: said for code, said in given.items() if said.mend != "–"}
    for code, said in (asking | dict(words.MEANINGLESS) | dict(words.PLANS)).items():
        yield f"`{code}`", "an alert", said.sentence, said.mend


def denial_rows() -> Iterator[Coded]:
    """Denials of the gate and of sizing."""
    for code in DenialCode:
        if denies(code):
            yield f"`{code}`", "an alert, denied", denial_sentence(code), WORDS[code].advice


def door_rows() -> Iterator[Coded]:
    """Answers of the door; the message of most says what to do."""
    for value in vars(webhook_replies).values():
        if isinstance(value, Reply) and value.body["code"] not in words.DOOR:
            yield f"`{value.body['code']}`", f"the door, {value.status}", str(value.body["message"]), "–"
    for code, said in words.DOOR.items():
        yield f"`{code}`", f"the door, 503{' or 429' * (code == 'RATE_LIMITED')}", said.sentence, said.mend
    for code, said in unproven().items():
        yield f"`{code}`", "*Refused at the door*", f"{said.sentence} {PAGE_ONLY}", said.mend


def ailment_rows() -> Iterator[Coded]:
    """What ails an account."""
    for code, said in ADVICE.items():
        yield f"`{code}`", "an account", f"{HEALTH_WORDS[code].capitalize()}. {said.works}", said.mend


def classification() -> str:
    """What an alert means, given what is open."""
    head = ("alert", *(f"{column.lower()} open" for column in Open))
    return table(head, ((f"`{row}`", *(meaning(TABLE[row, column]) for column in Open)) for row in Row))


def meaning(found: Classification) -> str:
    """A cell of the classification in words."""
    if found.meaning is Meaning.NONE:
        return f"–, `{found.code}`"
    side = found.exits if found.meaning is Meaning.EXIT else found.side
    return f"{found.meaning.lower()} {side or 'both'}"


def offsets() -> str:
    """Why an offset does not happen, and how a run may end."""
    rows = ((f"`{code}`", offset_sentence(code), OFFSET_WORDS[code].advice) for code in OffsetCode)
    return table(("code", "what happened", "what to do"), rows)


def offset_sentence(code: OffsetCode) -> str:
    """The sentence with its places named."""
    said = OFFSET_WORDS[code]
    unit = f" {said.unit}" if said.unit else ""
    return said.sentence.format(value=f"‹value›{unit}", limit=f"‹limit›{unit}")


# orders ------------------------------------------------------------------------------------------


def order_states() -> str:
    """Where an order may go from each state."""
    rows = ((f"`{state}`", kind(state), followers(state) or "–") for state in OrderState)
    return table(("state", "is", "may become"), rows)


def followers(state: OrderState) -> str:
    """The states that may follow, in the order of the enum."""
    return ", ".join(f"`{to}`" for to in OrderState if to in TRANSITIONS[state])


def kind(state: OrderState) -> str:
    """What a state amounts to."""
    kinds = ((TERMINAL, "ended"), (RESTING, "on the book"), (UNDECIDED, "undecided: holds slot and funds"))
    return next((name for states, name in kinds if state in states), "not sent yet")


def order_diagram() -> str:
    """The same as a picture; a person's ways out of NEEDS_HUMAN are left to the table."""
    edges = [(a, b) for a in OrderState for b in OrderState if b in TRANSITIONS[a] and a is not OrderState.NEEDS_HUMAN]
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> NEW", *(f"    {a} --> {b}" for a, b in edges)]
    return "\n".join([*lines, "```"])


def invariants() -> str:
    """What is promised, and what check_invariants looks at."""
    held, open_ones = facts.invariants(), facts.not_checked()
    same("LOOKS", words.LOOKS, [*held, *open_ones])
    rows = [(name, said, words.LOOKS[name]) for name, (said, _) in held.items()]
    rows += [(name, words.PROMISES_LATER[name], f"Not checked: {reason}.") for name, reason in open_ones.items()]
    ordered = sorted(rows, key=lambda row: int(row[0][1:]))
    return table(("", "promise", "what is looked at"), ordered)


# configuration -----------------------------------------------------------------------------------


def settings() -> str:
    """Every setting, group by group."""
    read = facts.read_settings()
    return "\n\n".join(f"### {group}\n\n{group_table(group, read)}" for group in GROUPS)


def group_table(group: str, read: Collection[str]) -> str:
    """One group's settings."""
    rows = [row for row in REGISTRY.values() if row.group == group]
    head = ("name", "default", "allowed", "narrowest scope", "what it does", "in effect")
    return table(head, (setting_row(row, read) for row in rows))


def setting_row(row: Setting, read: Collection[str]) -> Sequence[str]:
    """A setting as a row."""
    effect = words.SETTING_NOTES.get(row.name) or ("yes" if row.name in read else "not yet")
    return f"`{row.name}`", default(row), allowed(row), row.narrowest.lower(), row.help, effect


def default(row: Setting) -> str:
    """The default as it would be typed, with its unit, and the strict profile's where it has one."""
    unit = f" {row.unit}" if row.unit and row.default is not None else ""
    strict = "" if row.strict is None else f"; strict: `{plain(row.strict)}`"
    return f"`{as_text(row.name, row.default)}`{unit}{strict}"


def allowed(row: Setting) -> str:
    """Range or choices in words."""
    if row.low is not None and row.high is not None:
        return f"{plain(row.low)} to {plain(row.high)}" + (f", or `{row.off_word}`" if row.off_word else "")
    if row.choices:
        return ", ".join(f"`{choice}`" for choice in row.choices)
    shape = SHAPES.get(row.kind, row.kind.lower().replace("_", " "))
    return shape + (f", or `{row.off_word}`" if row.off_word else "")


def variables() -> str:
    """Environment variables."""
    known = facts.variables() - words.INTERNAL_VARIABLES
    same("VARIABLES", words.VARIABLES, known)
    ports = {port.variable: str(port.default) for port in PORTS}
    same("ports", [f"{name}={words.VARIABLES[name].default}" for name in ports], [f"{n}={d}" for n, d in ports.items()])
    rows = ((f"`{name}`", f"`{v.default}`" if v.default else "–", v.sentence) for name, v in words.VARIABLES.items())
    return table(("variable", "default", "what it does"), rows)


def example() -> str:
    """The file .env.example."""
    head = "# Copy to .env and uncomment what you change. `make up`, `make doctor`, `make reset` and manage.py read\n"
    head += "# it; a variable that the shell has already wins.\n"
    return head + "".join(f"\n# {v.sentence}\n#{name}={v.default}\n" for name, v in words.VARIABLES.items())


# processes ---------------------------------------------------------------------------------------


def processes() -> str:
    """The processes of the stack, without the two servers."""
    same("PROCESSES", words.PROCESSES, [part.name for part in PARTS])
    ports = {port.name: str(port.default) for port in PORTS}
    rows = ((f"`{part.name}`", words.PROCESSES[part.name], ports.get(part.name, "–")) for part in PARTS)
    return table(("process", "does", "port"), rows)


def bells() -> str:
    """The periodic bells."""
    said, queue = facts.task_words(), facts.queues()
    rows = ((f"`{task}`", f"{secs} s", f"`{queue[task]}`", said[task]) for task, secs in facts.bells())
    return table(("bell", "every", "queue", "what the task does"), rows)


def commands() -> str:
    """Commands for people."""
    known = facts.commands()
    same("COMMANDS", words.COMMANDS, known)
    rows = ((f"`{name} {words.COMMANDS[name]}`".replace(" `", "`"), said) for name, said in known.items())
    return table(
        ("manage.py …", "does"), (row for row, name in zip(rows, known, strict=True) if name not in words.MACHINERY)
    )


# the database ------------------------------------------------------------------------------------


def app_tables(label: str) -> str:
    """An app's tables as a list and as a diagram."""
    return f"{table(('table', 'a row is', 'constraints'), diagram.listed(label))}\n\n{diagram.of_app(label)}"


BLOCKS: Mapping[str, Callable[[], str]] = {
    **{f"tables-{label}": partial(app_tables, label) for label in diagram.APPS},
    "ailments": ailments,
    "bells": bells,
    "checks": checks,
    "classification": classification,
    "commands": commands,
    "denials": denials,
    "diagram": diagram.overview,
    "door": door,
    "every-code": every_code,
    "invariants": invariants,
    "meaningless": meaningless,
    "offsets": offsets,
    "order-diagram": order_diagram,
    "order-states": order_states,
    "outcomes": outcomes,
    "plans": plans,
    "processes": processes,
    "settings": settings,
    "variables": variables,
}
