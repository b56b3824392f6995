"""The exports say what `apply` makes: judged by the tools' own parsers, by making it from them, and by files kept here."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reptidex.connectors.bridge.provisioning.desired import Options, resources
from reptidex.connectors.bridge.provisioning.expiry import expiry_rule, plain_rule
from reptidex.connectors.bridge.provisioning.export_cloudformation import templates
from reptidex.connectors.bridge.provisioning.export_terraform import FILE, terraform
from reptidex.connectors.bridge.provisioning.landscape import Consumer, Landscape, landscape
from reptidex.connectors.bridge.provisioning.place import Place
from reptidex.connectors.bridge.provisioning.roles import ROLES, role_policies
from reptidex.provisioning.consumers import consumers_of
from reptidex.services import all_services
from reptidex.settings import Settings
from reptidex.streams.edge import known_events
from tests.contract.bridge.conftest import Run

GOLDEN = Path(__file__).parent / "golden"
INSPECT = Path(__file__).resolve().parents[3] / ".tools" / "terraform" / "terraform-config-inspect"
SAMPLE = landscape(
    ("animal.created", "animal.transferred", "order.completed"),
    (
        Consumer(name="bridge", events=("animal.created", "order.completed"), group="inbound", not_from="reptidex"),
        Consumer(name="acme", events=("animal.created", "animal.transferred")),
    ),
    environment="prod",
)
OPTIONS = Options(
    kms_key="key", alarm_actions=("arn:aws:sns:eu-central-1:123456789012:pager",), payloads="reptidex-large"
)
MOTO_TAGS_NO_TOPIC = {"tag reptidex:environment", "tag reptidex:event"}
POSTED = ("arn:aws:sns:eu-west-1:999999999999:acme-animal-created",)
PLACE = Place(account="123456789012", region="eu-central-1", environment="prod")


def whole() -> Landscape:
    known = consumers_of(all_services(), (), Settings(bridge_inbound=("*",)))
    return landscape(sorted(known_events()), tuple(known.values()), environment="prod")


def files() -> dict[str, str]:
    policies = role_policies(
        SAMPLE,
        PLACE,
        kms_key_arn="arn:aws:kms:eu-central-1:123456789012:key/k",
        bucket="reptidex-large",
        posted=POSTED,
    )
    return (
        {FILE: terraform(SAMPLE, OPTIONS)}
        | templates(SAMPLE, OPTIONS)
        | {f"{role}.policy.json": json.dumps(policy, indent=2) + "\n" for role, policy in policies.items()}
    )


def test_the_exports_are_as_the_kept_files_say() -> None:
    """Write them anew with REPTIDEX_TEST_REGENERATE=1, and read the difference before it is committed."""
    made = files()
    if os.environ.get("REPTIDEX_TEST_REGENERATE"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        GOLDEN.mkdir()
        for name, text in made.items():
            (GOLDEN / name).write_text(text)

    assert {path.name: path.read_text() for path in GOLDEN.iterdir()} == made


def test_cloudformations_own_linter_finds_nothing(tmp_path: Path) -> None:
    for name, text in (templates(whole(), OPTIONS) | {"roles.json": _roles_template()}).items():
        (tmp_path / name).write_text(text)
    checker = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([checker, *sorted(tmp_path.iterdir())], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def _roles_template() -> str:
    policies = role_policies(
        whole(), PLACE, kms_key_arn="arn:aws:kms:eu-central-1:123456789012:key/k", bucket="b", posted=POSTED
    )
    made = {
        role.capitalize(): {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policies[role]}}
        for role in ROLES
    }
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": made})


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_topics_and_queues_of_a_stack_are_what_plan_wants(
    reptidex: Run, env: str, client: Callable[[str], Any], tmp_path: Path
) -> None:
    """The rest of a template moto does not make; the next test reads it instead."""
    chosen = ("--env", env, "--events", "order.*", "--events", "animal.created", "--consumer", "bridge")
    assert reptidex("aws", "export", *chosen, "--format", "cloudformation", "--out", str(tmp_path))[0] == 0
    for name in ("topics", "bridge"):
        template = (tmp_path / f"{name}.template.json").read_text()
        client("cloudformation").create_stack(StackName=f"{env}-{name}", TemplateBody=template)
    changes = json.loads(reptidex("aws", "plan", *chosen, "--json")[1])["changes"]

    assert {change["kind"] for change in changes if change["state"] == "create"} == {"subscription", "alarm"}
    there = [change for change in changes if change["state"] != "create"]
    assert {each["setting"] for change in there for each in change["differences"]} - MOTO_TAGS_NO_TOPIC == {"Policy"}


def test_policies_and_subscriptions_of_the_templates_are_those_that_apply_makes() -> None:
    made = {name: json.loads(text)["Resources"] for name, text in templates(whole()).items()}
    everything = {identity: part for parts in made.values() for identity, part in parts.items()}
    wanted = {each.name: each.settings for each in resources(whole(), PLACE)}
    read: dict[str, list[Any]] = {"AWS::SQS::QueuePolicy": [], "AWS::SNS::Subscription": []}
    for part in everything.values():
        if part["Type"] in read:
            read[part["Type"]].append(_evaluated(part["Properties"], everything))

    policies = {each["Queues"][0].rpartition(":")[2]: each["PolicyDocument"] for each in read["AWS::SQS::QueuePolicy"]}
    assert policies == {name: json.loads(each["Policy"]) for name, each in wanted.items() if each.get("Policy")}
    subscriptions = {
        f"{each['TopicArn'].rpartition(':')[2]} -> {each['Endpoint'].rpartition(':')[2]}": (
            each.get("FilterPolicy", ""),
            each["RedrivePolicy"],
        )
        for each in read["AWS::SNS::Subscription"]
    }
    assert subscriptions == {
        name: (json.loads(each["FilterPolicy"] or '""'), json.loads(each["RedrivePolicy"]))
        for name, each in wanted.items()
        if "RawMessageDelivery" in each
    }


def test_objects_of_the_exported_bucket_expire_as_apply_would_have_it() -> None:
    rule = expiry_rule(PLACE)
    made = json.loads(terraform(SAMPLE, OPTIONS))["resource"]
    [told] = made["aws_s3_bucket_lifecycle_configuration"]["reptidex_large"]["rule"]
    bucket = json.loads(templates(SAMPLE, OPTIONS)["payloads.template.json"])["Resources"]["ReptidexLargeBucket"]
    [stacked] = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    without = msgspec.structs.replace(OPTIONS, payloads="")

    assert (told["id"], told["status"], told["filter"]) == (rule["ID"], rule["Status"], [{"prefix": ""}])
    assert told["expiration"] == [{"days": rule["Expiration"]["Days"]}]
    assert stacked == {"Id": rule["ID"], "Status": "Enabled", "ExpirationInDays": rule["Expiration"]["Days"]}
    assert bucket["DeletionPolicy"] == "Retain"
    assert "s3" not in terraform(SAMPLE, without) and "payloads.template.json" not in templates(SAMPLE, without)


@pytest.mark.parametrize("says_all", [{"Filter": {"Prefix": ""}}, {"Filter": {}}, {"Prefix": ""}, {}])
def test_a_rule_that_another_tool_made_is_ours_however_it_says_all_objects(says_all: dict[str, Any]) -> None:
    rule = {name: value for name, value in expiry_rule(PLACE).items() if name != "Filter"}

    assert plain_rule(rule | says_all) == expiry_rule(PLACE)
    assert plain_rule(rule | {"Filter": {"Prefix": "old/"}}) != expiry_rule(PLACE)


def _evaluated(value: Any, parts: dict[str, Any]) -> Any:
    """Work out the three functions that the templates use."""
    if isinstance(value, list):
        return [_evaluated(each, parts) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        text: str = value["Fn::Sub"]
        for name, given in (("AccountId", PLACE.account), ("Region", PLACE.region), ("Partition", PLACE.partition)):
            text = text.replace(f"${{AWS::{name}}}", given)
        return text
    if "Ref" in value or "Fn::GetAtt" in value:
        properties = parts[value.get("Ref") or value["Fn::GetAtt"][0]]["Properties"]
        return (
            PLACE.queue(properties["QueueName"]) if "QueueName" in properties else PLACE.topic(properties["TopicName"])
        )
    return {name: _evaluated(each, parts) for name, each in value.items()}


def test_terraforms_own_parser_reads_every_resource(tmp_path: Path) -> None:
    if not INSPECT.exists():
        pytest.skip("terraform-config-inspect is not here (`python tests/check.py --only terraform` builds it)")
    (tmp_path / FILE).write_text(terraform(whole(), OPTIONS))
    done = subprocess.run([INSPECT, "--json", tmp_path], capture_output=True, text=True, check=False)
    read = json.loads(done.stdout)
    queues = sum(1 for queue in whole().queues if queue.hears)
    wanted = resources(whole(), PLACE, OPTIONS)

    assert read.get("diagnostics") is None
    # a key's statement is an output, a policy a resource, and so is the bucket whose objects expire
    assert len(read["managed_resources"]) == len(wanted) - 1 + queues + 1
    assert sorted(read["data_resources"]) == [
        "data.aws_caller_identity.here",
        "data.aws_partition.here",
        "data.aws_region.here",
    ]


def test_terraforms_references_lead_to_what_is_there() -> None:
    import re

    text = terraform(whole(), OPTIONS)
    made = json.loads(text)["resource"]
    led_to = set(re.findall(r"\$\{(aws_\w+)\.(\w+)\.(?:arn|url|id)\}", text))

    assert len(led_to) > 100
    assert [(kind, name) for kind, name in led_to if name not in made[kind]] == []
