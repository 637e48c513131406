"""The load scripts in small, and people on the line who are hasty, slow, or gone: what a room must not notice."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser.server import serve
from tests.load.resources import Watch, processor_seconds, server_of
from tests.load.room import fill, runs_under_way
from tests.load.visitor import LONGEST, Visitor, readable, visiting

SENTENCE = "The film is warm and {} drags on for far too long."
DEAR = "compare"  # the page with the dearest answer
RERUNS = 1000
PENDING = 64  # messages that a slow client's side of the line takes in unread, at most


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def server(tmp_path_factory, runs):
    """Address of the application. Fails at the end if it logged a traceback."""
    with serve(tmp_path_factory.mktemp("server"), LAYER_SALIENCY_RUNS=str(runs)) as address:
        yield address


def play(scene):
    """What an asynchronous scene returns. In a thread of its own: Playwright's event loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene).result()


async def is_served(address: str) -> None:
    """A new visitor gets an answer to a text of their own."""
    async with visiting(address) as visitor:
        mark = visitor.mark()
        await visitor.open()
        await visitor.type(SENTENCE.format(mark))
        assert mark.encode() in visitor.drawn


def test_a_small_room_with_models_files_and_pages(server, runs):
    """As `python -m tests.load.room`, in small. How fast and how large it is depends on the machine, and is not looked at here."""
    tally, watch = play(fill(server, sessions=6, minutes=0.15, think=1.0, seed=3, runs=runs, light_runs=1.0))
    assert not tally.faults
    assert tally.visitors >= 6 and tally.seconds
    assert runs_under_way(runs) == 0 and watch.resident


@pytest.mark.parametrize(
    ("gained", "at_rest", "said"),
    [
        (0, None, []),
        (0, 900, []),
        (0, 1040, []),
        (0, 1060, ["At rest 1,060 MB are held, and 1,000 MB in the median"]),
        (20, 900, ["Memory is not flat: 100 MB"]),
        (20, 1200, ["At rest", "Memory is not flat"]),
    ],
)
def test_memory_that_grows_or_stays_is_a_fault(gained, at_rest, said):
    """MB that are gained each second, and that are held at rest, after ten seconds at about 1,000 MB."""
    watch = Watch(pid=0, seconds=[*map(float, range(10))], handles=[10] * 10, threads=[9] * 10)
    watch.resident = [(1000 + gained * (second - 9)) * 10**6 for second in range(10)]
    watch.at_rest = at_rest and at_rest * 10**6
    assert [fault[: len(start)] for fault, start in zip(watch.faults(), said, strict=True)] == said
    assert dict(watch.rows()).get("memory at rest, MB") == (at_rest and f"{at_rest:,}")


def test_what_is_downloaded_is_of_ones_own_text(server):
    """Two people ask at once, and save every file that Explore has for each."""

    async def scene() -> list[dict[str, bytes]]:
        async with visiting(server) as one, visiting(server) as other:
            people = [(visitor, visitor.mark()) for visitor in (one, other)]
            await asyncio.gather(*(visitor.open() for visitor, _ in people))
            await asyncio.gather(*(visitor.type(SENTENCE.format(mark)) for visitor, mark in people))
            files = sorted(one.files)
            assert files == sorted(other.files) and len(files) > 3
            return [{file: await visitor.download(file) for file in files} | {"mark": mark.encode()} for visitor, mark in people]

    for saved in play(scene()):
        mark = saved.pop("mark")
        told = {file for file, content in saved.items() if mark in readable(content)}
        assert all(saved.values()) and told == {"Picture, SVG", "Report, HTML", "Report, JSON", "Scores, Parquet"}


def test_a_file_that_was_made_is_there_when_a_slow_line_asks_for_it(server):
    """Other people's pages end meanwhile, as does one's own."""

    async def scene() -> bytes:
        async with visiting(server) as one, visiting(server) as other:
            await asyncio.gather(one.open(), other.open())
            await one.type(SENTENCE.format(one.mark()))
            file = await one.ask_for("Report, JSON")
            for visitor in (other, one, other):
                await visitor.type(SENTENCE.format(visitor.mark()))
            return await one.fetch(file)

    assert b"drags" in play(scene())


@pytest.mark.parametrize("file", ["Download CSV", "Numbers (CSV)"])
def test_a_file_can_be_asked_for_while_the_page_works_and_other_people_s_pages_end(server, file):
    """What the page still shows can be saved, and not only when nobody else is there: without a run of the page, or with one of its part."""

    async def scene() -> bytes:
        async with visiting(server) as one, visiting(server) as other:
            await asyncio.gather(ask_for_a_wall(one), other.open())
            await one.finish()
            await one.send(text={"string_value": SENTENCE.format(one.mark())})  # another wall, which takes far longer than a text on Explore
            await other.type(SENTENCE.format(other.mark()))
            return await one.download(file)

    assert play(scene())


def test_of_a_thousand_quick_reruns_the_last_is_answered(server):
    """One session, a text each, none of them waited for: the page ends with the last one, and most were never computed."""

    async def scene() -> tuple[int, int, int]:
        async with visiting(server) as visitor:
            await visitor.open()
            watch = Watch(server_of(server))
            watch.look()
            *earlier, last = [visitor.mark() for _ in range(RERUNS)]
            for mark in (*earlier, last):
                await visitor.send(text={"string_value": SENTENCE.format(mark)})
            drawn = b""
            while last.encode() not in visitor.drawn:
                await visitor.finish()
                drawn += visitor.drawn
            watch.look()
            answered = sum(mark.encode() in drawn for mark in earlier)
            return answered, watch.handles[-1] - watch.handles[0], watch.resident[-1] - watch.resident[0]

    answered, handles, gained = play(scene())
    assert answered < RERUNS / 4
    assert handles < 16 and gained < 512 * 2**20
    play(is_served(server))


async def rested(pid: int) -> float:
    """Seconds of the processor that the server has used, once it has done next to nothing for two seconds."""
    used, before = processor_seconds(pid), -1.0
    while used - before > 0.2:
        await asyncio.sleep(2)
        before, used = used, processor_seconds(pid)
    return used


async def ask_for_a_wall(visitor: Visitor) -> None:
    """Every method on a new text of theirs."""
    await visitor.open()
    await visitor.turn_to(DEAR)
    await visitor.send(text={"string_value": SENTENCE.format(visitor.mark())})


def test_who_leaves_in_the_middle_of_an_answer_is_not_waited_for(server):
    """Four people ask something dear and are gone at once: whoever comes then is served, and most of theirs is never computed."""

    async def scene() -> tuple[float, float]:
        pid = server_of(server)
        async with visiting(server) as visitor:
            await ask_for_a_wall(visitor)
            await visitor.finish()
            begun = await rested(pid)
            await visitor.type(SENTENCE.format(visitor.mark()))
            whole = await rested(pid) - begun
        begun = await rested(pid)
        for _ in range(4):
            async with visiting(server) as visitor:
                await ask_for_a_wall(visitor)
                await visitor.hear()
        await asyncio.wait_for(is_served(server), LONGEST)
        return whole, await rested(pid) - begun

    whole, left = play(scene())
    assert left < 2.5 * whole, f"{left:.1f} s of the processor for four walls that nobody waits for, and one takes {whole:.1f} s"


def test_who_reads_nothing_holds_up_nobody(server):
    """A client that asks a hundred times and takes in no answer; others are served meanwhile, and so is it when it reads again."""

    async def scene() -> None:
        async with visiting(server, max_queue=PENDING) as slow:
            await slow.open()
            await slow.send()
            slow.socket.transport.pause_reading()
            for _ in range(100):
                await slow.send(text={"string_value": SENTENCE.format(slow.mark())})
            await asyncio.gather(*(is_served(server) for _ in range(3)))
            slow.socket.transport.resume_reading()
            await slow.send(text={"string_value": "It reads again, and gets its answer."})
            while b"reads" not in slow.drawn:
                await slow.finish()

    play(scene())
