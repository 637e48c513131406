"""Models that stay loaded: shared by all who ask for the same one, bounded in number and bytes, freed when nobody uses them.

Loading happens in a thread of its own, one model at a time. Whoever waits for it polls, so that each may give up; the
load itself stops when nobody waits for it any more.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

from torch import nn

from core.devices import choose_device, choose_dtype, free_memory, is_out_of_memory, release_memory, total_memory
from core.memory import without_locals
from core.model_spec import ModelSpec
from core.progress import Progress, silent
from core.room import refuse_too_large

POLL = 0.1  # seconds between two looks whether a load has ended, or whether anyone still waits for it
WAITING = "Waiting for another model to load"


class Place(NamedTuple):
    """One model in one place: what a pool holds at most once."""

    spec: ModelSpec
    device: str
    dtype: str


@dataclass(eq=False)
class _Entry:
    """A loaded model and how many people are using it."""

    place: Place
    model: object
    bytes: int
    users: int


class _NobodyWaits(BaseException):
    """Raised in a load when the last one who waited for it has left. No `Exception`: loading code turns those into sentences."""


class _Load:
    """A load under way. Everything but `done` is read and written under the pool's lock, stage and share apart."""

    def __init__(self, place: Place):
        self.place, self.waiting, self.done = place, 0, threading.Event()
        self.stage, self.share = WAITING, 0.0
        self.entry: _Entry | None = None
        self.error: BaseException | None = None


class ModelPool:
    """Loaded models by spec, device and dtype. At most `max_models`, of at most `max_bytes` together, stay on each device.

    Both bounds give way to use: a model that somebody has leased is never freed, and the model used last stays even if it
    alone is larger than `max_bytes`. What is too much goes, least recently used first, as soon as its last lease ends.
    """

    def __init__(
        self,
        load: Callable[..., object],
        max_models: int = 4,
        max_bytes: int | None = None,
        fetch: Callable[[ModelSpec, Progress], int | None] = lambda spec, progress: None,
    ):
        """`load(spec, device, dtype, progress)` makes a model. `fetch(spec, progress)` comes before and may run for several
        models at once: downloads, which need no device's memory. The bytes it returns (None: not known) are those that the
        model's weights take: there is room for them before they are loaded, or a ModelError. `max_bytes` None: half of a
        device's memory."""
        self._load_model, self._fetch, self._max_models, self._max_bytes = load, fetch, max_models, max_bytes
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self._entries: dict[Place, _Entry] = {}  # least recently used first
        self._loads: dict[Place, _Load] = {}

    @contextmanager
    def lease(self, spec: ModelSpec, progress: Progress = silent, device: str = "auto", dtype: str = "auto") -> Iterator[object]:
        """The model, loaded if need be, and kept until the lease ends; keep no reference to it beyond that.

        `progress` is told how the load goes and may raise to leave. Raises what the load raised, each time anew: a load
        that failed or was given up is not remembered. Raises DeviceError for a device that isn't there.
        """
        entry = self._take(place_of(spec, device, dtype), progress)
        try:
            yield entry.model
        finally:
            self._give_back(entry)

    def holds(self, spec: ModelSpec, device: str = "auto", dtype: str = "auto") -> bool:
        """Whether a lease would be had at once."""
        return place_of(spec, device, dtype) in self._entries

    def held(self) -> tuple[tuple[Place, int, int], ...]:
        """(place, bytes, users) of each loaded model, least recently used first."""
        with self._lock:
            return tuple((entry.place, entry.bytes, entry.users) for entry in self._entries.values())

    def clear(self) -> None:
        """Free every model that nobody uses."""
        for device in {place.device for place, *_ in self.held()}:
            self._make_room(device, models=0, size=0, least=0)

    def _take(self, place: Place, progress: Progress) -> _Entry:
        with self._lock:
            if (entry := self._entries.pop(place, None)) is not None:
                self._entries[place] = entry  # now the one used last
                entry.users += 1
                return entry
            load = self._loads.get(place)
            if load is None:
                load = self._loads[place] = _Load(place)
                threading.Thread(target=self._run, args=(load,), name=f"load {place.spec.name}", daemon=True).start()
            load.waiting += 1
        try:
            while not load.done.wait(POLL):
                progress(load.stage, load.share)
        except BaseException:
            self._leave(load)
            raise
        if load.error is not None:
            raise load.error
        return cast("_Entry", load.entry)  # done without an error while somebody waits: it has one

    def _leave(self, load: _Load) -> None:
        """Somebody gives up waiting; with nobody left, the load stops at its next step."""
        with self._lock:
            load.waiting -= 1
            entry = load.entry  # it may have ended a moment ago, with a lease counted in
        if entry is not None:
            self._give_back(entry)

    def _run(self, load: _Load) -> None:
        """Load a model, in a thread of its own. Whatever happens, those who wait learn of it."""
        entry, error, holds_lock = None, None, False
        try:
            size = self._fetch(load.place.spec, lambda stage, share: self._tell(load, stage, share))
            self._await_other_loads(load)
            holds_lock = True
            entry = self._load_entry(load, size or 0)
        except _NobodyWaits:
            pass
        except BaseException as raised:  # noqa: BLE001 — raised again in each of those who wait
            error = without_locals(raised)
        try:
            self._settle(load, entry, error)
            del entry
            if load.entry is None:
                release_memory(load.place.device)  # what a load left behind that failed or was given up
            else:
                self._make_room(load.place.device)
        finally:
            if holds_lock:
                self._loading.release()

    def _settle(self, load: _Load, entry: _Entry | None, error: BaseException | None) -> None:
        """Tell those who wait; a model for which nobody waited to the end is not kept."""
        with self._lock:
            self._forget(load)
            load.error = error
            if entry is not None and load.waiting:
                entry.users, load.entry = load.waiting, entry
                self._entries[load.place] = entry
            load.done.set()

    def _await_other_loads(self, load: _Load) -> None:
        while not self._loading.acquire(timeout=POLL):
            self._tell(load, WAITING, 0.0)

    def _load_entry(self, load: _Load, size: int) -> _Entry:
        """The loaded model of about `size` bytes; if memory runs out, once more after everything idle on the device has gone."""
        place, tell = load.place, partial(self._tell, load)
        tell(WAITING, 0.0)
        self._make_room(place.device, models=self._max_models - 1, size=max(0, self._bound(place.device) - size), least=0)
        if size > free_memory(place.device):
            self._make_room(place.device, models=0, least=0)
            refuse_too_large(place.spec.name, place.device, size, free_memory(place.device))
        try:
            return _entry_of(place, self._load_model(place.spec, place.device, place.dtype, tell))
        except Exception as error:
            if not (is_out_of_memory(error) and self._make_room(place.device, models=0, least=0)):
                raise
            without_locals(error)
        release_memory(place.device)
        return _entry_of(place, self._load_model(place.spec, place.device, place.dtype, tell))

    def _tell(self, load: _Load, stage: str, share: float) -> None:
        load.stage, load.share = stage, share
        with self._lock:
            if not load.waiting:
                self._forget(load)  # from here on, whoever asks starts a load of their own
                raise _NobodyWaits

    def _forget(self, load: _Load) -> None:
        if self._loads.get(load.place) is load:
            del self._loads[load.place]

    def _give_back(self, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
        self._make_room(entry.place.device)

    def _bound(self, device: str) -> int:
        return total_memory(device) // 2 if self._max_bytes is None else self._max_bytes

    def _make_room(self, device: str, models: int | None = None, size: int | None = None, least: int = 1) -> int:
        """Free idle models, least recently used first, until at most `models` of `size` bytes are left (None: the pool's
        own bounds), but keep `least`. Returns how many went."""
        models = self._max_models if models is None else models
        size = self._bound(device) if size is None else size
        with self._lock:
            here = [entry for entry in self._entries.values() if entry.place.device == device]
            left, total, gone = len(here), sum(entry.bytes for entry in here), 0
            for entry in here:
                if left <= least or (left <= models and total <= size):
                    break
                if not entry.users:
                    del self._entries[entry.place]
                    entry.model = None
                    left, total, gone = left - 1, total - entry.bytes, gone + 1
        if gone:
            release_memory(device)
        return gone


def place_of(spec: ModelSpec, device: str = "auto", dtype: str = "auto") -> Place:
    """Where a model goes: "auto" settled. Raises DeviceError."""
    device = choose_device(device)
    return Place(spec, device, choose_dtype(device) if dtype == "auto" else dtype)


def _entry_of(place: Place, model: object) -> _Entry:
    size = getattr(model, "memory_bytes", None)
    if size is None:
        size = parameter_bytes(*(part for part in vars(model).values() if isinstance(part, nn.Module)))
    return _Entry(place, model, size, users=0)


def parameter_bytes(*modules: nn.Module) -> int:
    """Bytes of all parameters and buffers; storage that several share counts once."""
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    storages = [(tensor.device, tensor.untyped_storage()) for tensor in tensors]
    return sum({(device, storage.data_ptr()): storage.nbytes() for device, storage in storages}.values())
