"""repti-core: authentication, configuration, billing, events, telemetry; the foundation of all others."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from reptidex.agents.core import (
    accounts,
    addresses,
    attempts,
    credentials,
    gateways,
    identities,
    invoices,
    live_settings,
    members,
    payment_disputes,
    payment_news,
    payments,
    plans,
    profiles,
    registration,
    roles,
    second_factor,
    sessions,
    telemetry,
    telephones,
    vivariums,
)
from reptidex.agents.core.log_publisher import LogPublisher
from reptidex.agents.projection import Projection
from reptidex.connectors import keys
from reptidex.connectors import payments as providers
from reptidex.connectors.bridge.https import sns_endpoint
from reptidex.connectors.identity.outside import OutsideProviders
from reptidex.connectors.keys.local import write_private
from reptidex.connectors.keys.port import KeyVault
from reptidex.domain.addresses import normal_address
from reptidex.domain.keyed import Keyed
from reptidex.domain.passwords import Hashing
from reptidex.domain.returns import is_return_address
from reptidex.errors import SettingsError
from reptidex.http.core import addresses as address_views
from reptidex.http.core import (
    api_keys,
    billing,
    configuration,
    internal,
    me,
    outside,
    outside_mfa,
    outside_return,
    publishing,
    service_tokens,
    sign_in,
    sns_events,
    webhooks,
)
from reptidex.http.core import identities as identity_views
from reptidex.http.core import own_data as own_data_views
from reptidex.http.core import passwords as password_views
from reptidex.http.core import payments as payment_views
from reptidex.http.core import profiles as profile_views
from reptidex.http.core import registration as registration_views
from reptidex.http.core import second_factor as second_factor_views
from reptidex.http.core import telemetry as telemetry_views
from reptidex.http.core import telephones as telephone_views
from reptidex.http.core import vivariums as vivarium_views
from reptidex.http.core.ports import Nobody, Ports, user_context
from reptidex.http.server.own_data import own_data
from reptidex.services.service import Service
from reptidex.settings import Settings
from reptidex.streams.catalogue import events_of
from reptidex.streams.commands.core import GrantAdmin
from reptidex.streams.commerce import OrderCompleted
from reptidex.streams.ops import AdminActionPerformed, AuditComplianceRequested, MonitoringHealthChanged
from reptidex.tables.core.people import Address, User
from reptidex.tables.core.personal import PERSONAL
from reptidex.tables.core.projections import HEALTH, TELEMETRY
from reptidex.tables.reader import Reader

NOBODY = "00000000-0000-7000-8000-000000000000"


def keyed_of(settings: Settings) -> Keyed:
    """Return what hashes addresses and seals links, from the secret in `<state>/keys/addresses.key`.

    All hosts of core need the same file, for ever: without it no address is found again. It is made in development, and
    has to be put there in production; without it `SettingsError` is raised.
    """
    path: Path = settings.state / "keys" / "addresses.key"
    if not path.exists():
        if settings.environment == "production":
            raise SettingsError(f"{path} is missing: 32 random bytes, the same on every host of repti-core")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, os.urandom(32))
    return Keyed(path.read_bytes())


def grant_admin(settings: Settings, email: str, *, scopes: tuple[str, ...] = ("admin",)) -> GrantAdmin:
    """Return the command that makes the holder of an address an administrator of the platform.

    Raises `InvalidError` for what is no address.
    """
    return GrantAdmin(address_hash=keyed_of(settings).address_hash(normal_address(email)), scopes=scopes)


async def is_known(reader: Reader, command: GrantAdmin) -> bool:
    """Tell whether the address that a command is about is anybody's."""
    claimed = await reader.get(Address, command.address_hash)
    user = await reader.get(User, claimed.user_id) if claimed is not None else None
    return user is not None and user.address_hash == command.address_hash


async def make_nobody(vault: KeyVault, hashing: Hashing) -> Nobody:
    """Make the stand-in for users who do not exist."""
    context = user_context(NOBODY)
    own_key = await vault.new_key(context)
    sealed = await vault.seal((await hashing.hash("nobody's")).encode(), context=context, under=own_key)
    await hashing.matches(None, "")
    return Nobody(user_id=NOBODY, data_key=own_key, password_sealed=sealed)


def outside_of(settings: Settings) -> OutsideProviders:
    """Return the identity providers of `<state>/keys/outside.json`: `{"google": {"client_id": …, "client_secret": …}}`.

    None without the file. Raises `SettingsError` for one that cannot be read.
    """
    path: Path = settings.state / "keys" / "outside.json"
    try:
        return OutsideProviders.of(path.read_bytes() if path.exists() else b"{}")
    except msgspec.MsgspecError as problem:
        raise SettingsError(f"{path}: {problem}") from problem


def returns_of(settings: Settings) -> tuple[str, ...]:
    """Return the addresses of apps that a sign-in elsewhere may lead back to. Raises `SettingsError` for one that is none."""
    for address in settings.sign_in_returns:
        if not is_return_address(address):
            raise SettingsError(
                f"REPTIDEX_SIGN_IN_RETURNS: {address!r} is no address of an app: https://…, http://127.0.0.1/…, or a scheme "
                "of its own with a period (com.example.app:/…), without ? and #"
            )
    return settings.sign_in_returns


def _full_names(secrets: Mapping[str, str]) -> dict[str, str]:
    return {f"repti-{name.removeprefix('repti-')}": secret for name, secret in secrets.items()}


async def connect(settings: Settings) -> Ports:
    """Build the connectors."""
    hashing, vault, signer = Hashing(), keys.vault(settings), keys.signer(settings)
    offered, publisher = providers.gateways(settings), LogPublisher(settings.log)
    outside_providers, sns = outside_of(settings), sns_endpoint(settings)
    closing = [
        part
        for part in (publisher, sns, outside_providers, hashing, vault, signer, *offered.values())
        if hasattr(part, "aclose")
    ]
    return Ports(
        vault=vault,
        signer=signer,
        keyed=keyed_of(settings),
        hashing=hashing,
        gateways=offered,
        publisher=publisher,
        clock=lambda: datetime.now(UTC),
        entropy=os.urandom,
        issuer=settings.issuer,
        access_token_s=min(settings.access_token_s, 600),
        service_secrets=_full_names(settings.service_secrets),
        public_url=settings.public_url,
        nobody=await make_nobody(vault, hashing),
        outside=outside_providers.by_name,
        returns=returns_of(settings),
        sns=sns,
        texts=bool(settings.twilio_account),
        closing=tuple(closing),
    )


SERVICE = Service(
    name="repti-core",
    port=8001,
    database="repti_core_db",
    purpose="authentication, configuration, billing, events, telemetry",
    publishes=events_of("core"),
    hears={
        AdminActionPerformed: "suspend, restore and verify accounts; change settings, features and plans",
        AuditComplianceRequested: "erase an account on request",
        MonitoringHealthChanged: "system health (monitoring)",
        OrderCompleted: "invoice a fulfilled order",
    },
    hears_everything="telemetry",
    agents=(
        registration.register_user,
        registration.confirm_address,
        registration.resend_confirmation,
        registration.grant_admin,
        attempts.take_attempt,
        attempts.give_back_attempt,
        attempts.forget_attempts,
        sessions.start_session,
        sessions.refresh_session,
        sessions.end_session,
        sessions.forget_session,
        sessions.switch_vivarium,
        second_factor.enrol_mfa,
        second_factor.confirm_mfa,
        second_factor.disable_mfa,
        addresses.ask_for_address,
        addresses.change_address,
        addresses.stop_address_change,
        addresses.withdraw_address_change,
        addresses.settle_address_change,
        telephones.ask_for_telephone,
        telephones.confirm_telephone,
        telephones.remove_telephone,
        credentials.request_reset,
        credentials.set_password,
        credentials.rehash_password,
        credentials.link_identity,
        identities.unlink_identity,
        credentials.create_api_key,
        credentials.revoke_api_key,
        accounts.change_account,
        accounts.carry_out_admin_action,
        accounts.erase_on_request,
        accounts.delete_user,
        vivariums.open_vivarium,
        vivariums.change_vivarium,
        members.add_member,
        members.change_member,
        members.remove_member,
        members.lose_member,
        roles.forget_lowered_role,
        profiles.change_profile,
        live_settings.change_setting,
        live_settings.toggle_feature,
        plans.change_plan,
        plans.renew_plan,
        plans.override_plan,
        invoices.settle_invoice,
        invoices.invoice_the_order,
        invoices.issue_order_invoice,
        payments.request_payment,
        payments.cancel_payment,
        payments.refund_payment,
        payments.check_payment,
        payment_disputes.check_dispute,
        payment_disputes.see_dispute,
        payment_disputes.drop_means,
        payment_news.see_payment,
        payment_news.take_notice,
        payment_news.see_refund,
        telemetry.count_event,
        telemetry.close_minute,
        telemetry.track_sample,
        telemetry.note_health,
    ),
    carriers=gateways.CARRIERS,
    views=(
        registration_views.routes,
        sign_in.routes,
        password_views.routes,
        address_views.routes,
        telephone_views.routes,
        me.routes,
        second_factor_views.routes,
        api_keys.routes,
        service_tokens.routes,
        vivarium_views.routes,
        profile_views.routes,
        configuration.routes,
        billing.routes,
        payment_views.routes,
        webhooks.routes,
        outside.routes,
        outside_mfa.routes,
        outside_return.routes,
        identity_views.routes,
        publishing.routes,
        sns_events.routes,
        telemetry_views.routes,
        internal.routes,
        own_data("core", PERSONAL, own_data_views.account),
    ),
    projections=(
        Projection(
            name="telemetry",
            why="how many events of each name there were in each minute",
            parts=(TELEMETRY,),
            agents=(telemetry.count_event,),
        ),
        Projection(
            name="health",
            why="how the services do, as monitoring last said",
            parts=(HEALTH,),
            agents=(telemetry.note_health,),
        ),
    ),
    connect=connect,
)
