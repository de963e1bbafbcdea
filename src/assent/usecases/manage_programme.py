"""Programmes: made, changed, and given new keys; by an operator or in a sandbox."""

from dataclasses import dataclass, field, replace

from assent.domain.facts import Fact
from assent.domain.programme import KeyRole, Programme, ProgrammeKey, ProgrammeSettings
from assent.kernel import token
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, ChangeProgramme, RetireKey, RetireKeys
from assent.usecases.world import World

_PREFIXES = {
    KeyRole.API: "ask",
    KeyRole.UI: "asu",
    KeyRole.SIMULATOR: "asm",
    KeyRole.SANDBOX: "asb",
    KeyRole.CLIENT: "ass",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A programme and its keys; the only moment at which an operator sees them."""

    programme: Programme
    keys: dict[KeyRole, str] = field(repr=False)


async def create_programme(
    world: World,
    name: str,
    roles: tuple[KeyRole, ...],
    settings: ProgrammeSettings,
    by: str,
) -> Made:
    """A tenant with one key for each role."""
    now = world.clock.now()
    programme = Programme(
        id=world.ids.next(),
        name=name,
        consumers_profile=world.ids.next(),
        corporates_profile=world.ids.next(),
        settings=settings,
        created_at=now,
    )
    keys = [_new_key(world, programme.id, role) for role in roles]
    await world.stores.commit(
        Add(programme),
        *(Add(key) for key in keys),
        _recorded(world, programme.id, "programme_created", by, {"name": name}),
    )
    return Made(programme, {key.role: key.text for key in keys})


async def change_settings(
    world: World, programme: Programme, settings: ProgrammeSettings, by: str
) -> Programme:
    """New settings in place of the old; each that differs is recorded with both values."""
    changed = replace(programme, settings=settings)
    differences = {
        name: f"{getattr(programme.settings, name)} -> {getattr(settings, name)}"
        for name in ProgrammeSettings.__dataclass_fields__
        if getattr(programme.settings, name) != getattr(settings, name)
    }
    done = await world.stores.commit(
        ChangeProgramme(changed),
        _recorded(world, programme.id, "programme_changed", by, differences),
    )
    if done.failed is not None:
        raise Refusal(Code.NOT_FOUND)
    return changed


async def add_client(world: World, programme: Programme, by: str) -> str:
    """One more client of a programme, as `client id:secret`; the others stay."""
    key = _new_key(world, programme.id, KeyRole.CLIENT)
    about = {"client": client_of(key)}
    await world.stores.commit(Add(key), _recorded(world, programme.id, "client_added", by, about))
    return key.text


def client_of(key: ProgrammeKey) -> str:
    """The id of the client whose key it is."""
    return key.text.partition(":")[0]


async def clients_of(world: World, programme: Programme) -> tuple[str, ...]:
    """The ids of a programme's clients, the oldest key first."""
    held = await world.stores.keys_of(programme.id)
    return tuple(dict.fromkeys(client_of(key) for key in held if key.role is KeyRole.CLIENT))


async def rotate_client(world: World, programme: Programme, client: str, by: str) -> str:
    """A new secret for one client, as `client id:secret`; the one before stops working within a
    second. Refuses CLIENT_UNKNOWN, CHANGED_MEANWHILE (somebody else is rotating it)."""
    held = await world.stores.keys_of(programme.id)
    old = [key for key in held if key.role is KeyRole.CLIENT and client_of(key) == client]
    if not old:
        raise Refusal(Code.CLIENT_UNKNOWN)
    new = _new_key(world, programme.id, KeyRole.CLIENT, client)
    about = {"role": KeyRole.CLIENT.value, "client": client}
    done = await world.stores.commit(
        *(RetireKey(key.id, world.clock.now()) for key in old),
        Add(new),
        _recorded(world, programme.id, "programme_key_rotated", by, about),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    return new.text


async def rotate_key(world: World, programme: Programme, role: KeyRole, by: str) -> str:
    """A new key of a role; those before stop working within a second. Clients have a secret each,
    and are rotated one by one."""
    if role is KeyRole.CLIENT:
        raise ValueError("rotate_client")
    key = _new_key(world, programme.id, role)
    await world.stores.commit(
        RetireKeys(programme.id, role, world.clock.now()),
        Add(key),
        _recorded(world, programme.id, "programme_key_rotated", by, {"role": role}),
    )
    return key.text


async def add_key(world: World, programme: Programme, role: KeyRole, by: str) -> ProgrammeKey:
    """One more key of a role, beside those that work: to be handed out before an old one is
    retired. Webhooks are signed with the oldest API key until then."""
    if role is KeyRole.CLIENT:
        raise ValueError("add_client")
    key = _new_key(world, programme.id, role)
    about = {"role": role.value, "key": str(key.id)}
    await world.stores.commit(Add(key), _recorded(world, programme.id, "key_added", by, about))
    return key


async def retire_key(world: World, programme: Programme, key_id: int, by: str) -> ProgrammeKey:
    """One key, which stops working within a second; not a client's. Refuses NOT_FOUND, and
    PERMISSION_MISSING for the last of its role: nobody could call with it any more."""
    held = await world.stores.keys_of(programme.id)
    key = next((one for one in held if one.id == key_id), None)
    if key is None or key.role is KeyRole.CLIENT:
        raise Refusal(Code.NOT_FOUND)
    if sum(one.role is key.role for one in held) == 1:
        raise Refusal(Code.PERMISSION_MISSING, "the last of its role")
    about = {"role": key.role.value, "key": str(key.id)}
    done = await world.stores.commit(
        RetireKey(key.id, world.clock.now()),
        _recorded(world, programme.id, "key_retired", by, about),
    )
    if done.failed is not None:
        raise Refusal(Code.NOT_FOUND)
    return key


def _new_key(world: World, programme_id: int, role: KeyRole, client_id: str = "") -> ProgrammeKey:
    """A client's key says first whose it is."""
    text = token.make(_PREFIXES[role], world.randomness.octets(token.OCTETS))
    if role is KeyRole.CLIENT:
        text = f"{client_id or f'{programme_id}-{world.randomness.octets(4).hex()}'}:{text}"
    return ProgrammeKey(
        id=world.ids.next(),
        programme_id=programme_id,
        role=role,
        text=text,
        created_at=world.clock.now(),
    )


def _recorded(
    world: World, programme_id: int, name: str, by: str, details: dict[str, str]
) -> Change:
    return Add(
        Fact(
            id=world.ids.next(),
            programme_id=programme_id,
            subject_id=None,
            name=name,
            at=world.clock.now(),
            actor=f"operator:{by}",
            details={"by": by, **details},
        )
    )
