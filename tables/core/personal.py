"""What repti-core holds of a person."""

from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.attempts import Attempts
from reptidex.tables.core.billing import Invoice, Subscription
from reptidex.tables.core.payments import Payment, ProviderEvent
from reptidex.tables.core.people import Address, ApiKey, Grant, Identity, Session, SpentToken, User
from reptidex.tables.core.platform import EventCount, Feature, Sample, ServiceHealth, Setting
from reptidex.tables.core.telephones import Telephone
from reptidex.tables.core.vivariums import LoweredRole, Membership, Profile, Vivarium
from reptidex.tables.personal import NOBODYS, OF_VIVARIUM, Held, Personal

_ACCOUNT_SECRETS = ("address_hash", "data_key", "email_sealed", "password_sealed", "mfa_sealed", "recovery_hashes")

PERSONAL = Personal(
    held=(
        Held(
            row=User,
            by=("user_id",),
            withheld=_ACCOUNT_SECRETS,
            stays="an empty row under the id, so that what names it still leads somewhere",
        ),
        Held(row=AddressChange, by=("user_id",), withheld=("address_hash", "email_sealed")),
        Held(row=Telephone, by=("user_id",), withheld=("asked_sealed", "number_sealed")),
        Held(
            row=Session,
            by=("user_id",),
            withheld=("token_hash",),
            stays="until it would have run out: that it ended, without device and network",
        ),
        Held(row=Identity, by=("user_id",), withheld=("identity",)),
        Held(row=ApiKey, by=("user_id",), withheld=("secret_hash",)),
        Held(row=Profile, by=("profile_id",)),
        Held(row=Membership, by=("user_id",), beside=("added_by",)),
        Held(row=Vivarium, by=("owner_id",), stays="who opened it, as an id; a personal one is closed and nameless"),
        Held(row=Subscription, by=("payer_id",), withheld=("method",)),
        Held(
            row=Payment,
            by=("buyer_user_id",),
            withheld=("method", "action_url"),
            stays="what was paid, which the law wants kept, under an id without a name",
        ),
    ),
    left_out={
        Address: "a keyed hash of the address, which stands in the account",
        Grant: "what was granted to that hash, which stands in the account as `scopes`",
        SpentToken: "digests of tokens that are worth nothing any more",
        Attempts: "a keyed hash and a moment, for a quarter of an hour at most",
        LoweredRole: "that a role was lowered, for a quarter of an hour; the role stands in `memberships`",
        Invoice: OF_VIVARIUM,
        ProviderEvent: "ids of what payment providers told; the payment says what came of it",
        Setting: "the platform's; that an administrator changed it stands in the audit trail",
        Feature: "the platform's; that an administrator changed it stands in the audit trail",
        EventCount: NOBODYS,
        Sample: NOBODYS,
        ServiceHealth: NOBODYS,
    },
    elsewhere={"/billing/invoices": "the invoices of a vivarium"},
)
