"""Files."""

from reptidex.connectors.files.port import FileStore
from reptidex.settings import Settings


def file_store(settings: Settings) -> FileStore:
    """Build what keeps files: the S3 bucket where there is AWS (or its double), else a folder under the state directory."""
    if settings.aws_endpoint or settings.environment == "production":
        from reptidex.connectors.files.s3 import S3FileStore, client_of

        return S3FileStore(client_of(settings), settings.s3_bucket)
    from reptidex.connectors.files.folder import FolderFileStore

    return FolderFileStore(settings.state.resolve() / "files")
