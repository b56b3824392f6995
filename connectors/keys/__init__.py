"""Keys that sign tokens and seal what is private: in AWS KMS, or in a file of this machine for development."""

from reptidex.connectors.keys.port import KeyVault, Signer
from reptidex.settings import Settings


def signer(settings: Settings) -> Signer:
    """Build what signs access tokens: KMS where there is AWS (or its double), else keys under the state directory."""
    if _has_kms(settings):
        from reptidex.connectors.keys.kms import KmsSigner, client_of

        return KmsSigner(client_of(settings), settings.kms_key)
    from reptidex.connectors.keys.local import LocalSigner

    return LocalSigner(settings.state / "keys")


def vault(settings: Settings) -> KeyVault:
    """Build what seals personal data and secrets, by the same rule as `signer`."""
    if _has_kms(settings):
        from reptidex.connectors.keys.kms import client_of
        from reptidex.connectors.keys.kms_vault import DATA_KEY, KmsVault

        return KmsVault(client_of(settings), DATA_KEY)
    from reptidex.connectors.keys.local import LocalVault

    return LocalVault(settings.state / "keys")


def _has_kms(settings: Settings) -> bool:
    return bool(settings.aws_endpoint) or settings.environment == "production"
