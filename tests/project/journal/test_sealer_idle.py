"""A sealer that finds nothing writes nothing: it looks 20 times a second, and each commit is a write to the disk."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from project.journal.models import Lease, Seal
from project.journal.record import record
from project.journal.sealer import LEASE, seal_batch

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_journal_is_not_even_claimed() -> None:
    assert seal_batch(holder="us", now=timezone.now()) is None
    assert not Lease.objects.filter(name=LEASE).exists()


def test_a_sealed_journal_leaves_the_lease_as_it_was() -> None:
    with transaction.atomic():
        record("test", subject="a", payload={})
    seal_batch(holder="us", now=timezone.now())
    before = Lease.objects.get(name=LEASE).expires_at
    assert seal_batch(holder="us", now=timezone.now() + timedelta(seconds=1)) is None
    assert Lease.objects.get(name=LEASE).expires_at == before
    assert Seal.objects.count() == 1


def test_the_next_row_is_found_again() -> None:
    for number in (1, 2):
        with transaction.atomic():
            record("test", subject=f"{number}", payload={})
        sealed = seal_batch(holder="us", now=timezone.now())
        assert sealed is not None
        assert (sealed.first_number, [row.subject for row in sealed.rows]) == (number, [f"{number}"])
