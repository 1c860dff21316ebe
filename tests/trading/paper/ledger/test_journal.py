"""The file: group commit, recovery, torn and damaged lines, one owner."""

import asyncio
import os
from pathlib import Path

import pytest

from trading.paper.core.events import Priced
from trading.paper.ledger.journal import FILE_NAME, DataFolderBusy, Journal, LedgerDamaged

ONE, TWO = Priced(1, "BTCUSDT", 1), Priced(2, "BTCUSDT", 2)


def written(folder: Path, *events: Priced) -> Path:
    journal = Journal(folder)
    for event in events:
        journal.append([event])
    journal.flush()
    journal.close()
    return folder / FILE_NAME


def recovered(folder: Path) -> list[list]:
    journal = Journal(folder)
    try:
        return list(journal.recover())
    finally:
        journal.close()


def test_what_was_flushed_is_read_again(tmp_path: Path) -> None:
    written(tmp_path, ONE, TWO)
    assert recovered(tmp_path) == [[ONE], [TWO]]


def test_a_torn_last_line_is_cut_off_and_the_file_goes_on(tmp_path: Path) -> None:
    file = written(tmp_path, ONE)
    file.write_bytes(file.read_bytes() + b'[["P",2,"BTCU')
    assert recovered(tmp_path) == [[ONE]]
    written(tmp_path, TWO)
    assert recovered(tmp_path) == [[ONE], [TWO]]


def test_damage_in_the_middle_is_reported_not_skipped(tmp_path: Path) -> None:
    file = written(tmp_path, ONE)
    file.write_bytes(b"rubbish\n" + file.read_bytes())
    with pytest.raises(LedgerDamaged):
        recovered(tmp_path)
    assert file.read_bytes().startswith(b"rubbish\n")


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    owner = Journal(tmp_path)
    with pytest.raises(DataFolderBusy):
        Journal(tmp_path)
    owner.close()


async def test_a_reply_waits_until_its_line_is_on_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    writing = asyncio.create_task(journal.run())
    journal.append([ONE])
    assert not journal.settled
    await journal.settle()
    assert journal.settled
    assert (tmp_path / FILE_NAME).read_bytes() == b'[["P",1,"BTCUSDT",1]]\n'
    writing.cancel()


async def test_many_wait_together_and_one_that_gave_up_harms_nobody(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([ONE])
    waiting = [asyncio.create_task(journal.settle()) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[2].cancel()
    writing = asyncio.create_task(journal.run())
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results].count(asyncio.CancelledError) == 1
    assert journal.settled
    writing.cancel()


async def test_a_full_disk_ends_the_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._file)
    os.close(full)
    journal.append([ONE])
    with pytest.raises(OSError, match="No space left"):
        await journal.run()
    assert not journal.settled
