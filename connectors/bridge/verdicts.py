"""What AWS's answer to one entry of a batch means: done, again, wait for a person, or never.

A batch call that answers 200 may have failed in part, and a call that fails as a whole may do so for one entry's sake.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from reptidex.errors import ReptidexError

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "KMSThrottling",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""AWS asks for fewer calls (the codes of botocore's retry handler, and those of SNS and SQS)."""

CONFIGURATION = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidSignatureException",
        "KMSAccessDenied",
        "KMSAccessDeniedException",
        "KMSDisabled",
        "KMSDisabledException",
        "KMSInvalidState",
        "KMSInvalidStateException",
        "KMSNotFound",
        "KMSNotFoundException",
        "KMSOptInRequired",
        "KmsAccessDenied",
        "KmsDisabled",
        "KmsInvalidState",
        "KmsNotFound",
        "KmsOptInRequired",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NoSuchBucket",
        "NotFound",
        "NotFoundException",
        "OptInRequired",
        "QueueDoesNotExist",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Nothing is wrong with the message: a topic, a right or a key is missing, and a person puts it there."""

TIMED_OUT = frozenset({"RequestTimeout", "RequestTimeoutException"})
"""The bytes came too slowly; S3 says so with status 400 (Amazon S3 API Reference, "Error responses")."""


class Fate(Enum):
    """What becomes of an entry."""

    DONE = "done"
    AGAIN = "again"
    SLOWER = "slower"
    """Again, and the whole topic or queue more slowly."""
    WAIT = "wait"
    """Again after a while: it is not the message's fault, and a person has to mend something."""
    ALONE = "alone"
    """The call failed for one of its entries: each is tried by itself."""
    NEVER = "never"


class Verdict(NamedTuple):
    """The fate of one entry, and AWS's word for why."""

    fate: Fate
    code: str = ""
    detail: str = ""


DONE = Verdict(Fate.DONE)
AGAIN = Verdict(Fate.AGAIN)


class CallError(ReptidexError):
    """A call that failed, and has been judged where it was made."""

    retriable = True
    status = 502
    title = "A call of AWS failed"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.code}: {verdict.detail}" if verdict.detail else verdict.code)
        self.verdict = verdict


def of_call(problem: Exception, entries: int) -> Verdict:
    """Judge a call that failed as a whole; the verdict is for each of its entries."""
    if isinstance(problem, NoCredentialsError | PartialCredentialsError):
        return Verdict(Fate.WAIT, type(problem).__name__, str(problem))
    if isinstance(problem, ParamValidationError):
        return Verdict(Fate.ALONE if entries > 1 else Fate.NEVER, type(problem).__name__, str(problem))
    if isinstance(problem, BotoCoreError) or not isinstance(problem, ClientError):
        return Verdict(Fate.AGAIN, type(problem).__name__, str(problem))
    error = problem.response.get("Error", {})
    code, detail = str(error.get("Code", "")), str(error.get("Message", ""))
    status = int(problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    if code in THROTTLING or status == 429:
        return Verdict(Fate.SLOWER, code, detail)
    if code in CONFIGURATION or status == 403:
        return Verdict(Fate.WAIT, code, detail)
    if status >= 500 or status == 408 or code in TIMED_OUT:
        return Verdict(Fate.AGAIN, code, detail)
    return Verdict(Fate.ALONE if entries > 1 else Fate.NEVER, code, detail)


def of_entries(ids: Sequence[str], answer: Mapping[str, Any]) -> list[Verdict]:
    """Judge each entry of a call that answered; one that the answer does not name at all is sent again."""
    done = {each["Id"] for each in answer.get("Successful", ())}
    if done.issuperset(ids):
        return [DONE] * len(ids)
    failed = {each["Id"]: each for each in answer.get("Failed", ())}
    return [DONE if each in done else _of_entry(failed.get(each)) for each in ids]


def _of_entry(failed: Mapping[str, Any] | None) -> Verdict:
    if failed is None:
        return Verdict(Fate.AGAIN, "NoAnswer", "the answer does not name the entry")
    code, detail = str(failed.get("Code", "")), str(failed.get("Message", ""))
    if code in THROTTLING:
        return Verdict(Fate.SLOWER, code, detail)
    if code in CONFIGURATION:
        return Verdict(Fate.WAIT, code, detail)
    return Verdict(Fate.NEVER if failed.get("SenderFault") else Fate.AGAIN, code, detail)
